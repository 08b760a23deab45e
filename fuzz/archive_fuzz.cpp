// SPDX-License-Identifier: AGPL-3.0-or-later
// Whatever the bytes: the reader ends, every file that begins is ended, and paths are plain labels.
#include <array>
#include <cstdlib>

#include "capture/archive/archive.hpp"
#include "capture/archive/place.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/eml/eml.hpp"
#include "capture/mbox/mbox.hpp"
#include "capture/source.hpp"

namespace {

using namespace letopis::capture;

void read_from(Source& source) {
    static const std::array formats{eml::format, mbox::format};
    CollectingSink sink(1000);
    (void)archive::read(source, {}, sink, formats);
    for (const auto& file : sink.files)
        if (!file.ended) std::abort();
    for (const auto& item : sink.items)
        if (item.member.starts_with('/') || item.member.find("../") == 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    (void)archive::recognise(file.substr(0, head_bytes), "x");
    const auto label = archive::label(file.substr(0, 512));
    if (archive::label(label) != label) std::abort();
    (void)archive::maildir_message(label);
    MemorySource source(file);
    read_from(source);
    MemorySource again(file);
    PrefixSource stream("", again);
    read_from(stream);
    return 0;
}
