// SPDX-License-Identifier: AGPL-3.0-or-later
// The list of all formats. A new one is a folder and a line here (docs/guide/new-format.md).
#include "capture/archive/archive.hpp"
#include "capture/eml/eml.hpp"
#include "capture/formats/refused.hpp"
#include "capture/letopis/letopis.hpp"
#include "capture/mbox/mbox.hpp"
#include "capture/telegram/telegram.hpp"
#include "capture/whatsapp/whatsapp.hpp"

namespace letopis::capture {
namespace {

Result<void> read_archive(Source& source, const Options& options, Sink& sink) {
    return archive::read(source, options, sink, formats());
}

constexpr Format archive_format{.name = "archive",
                                .description = "zip, tar, gzip, bzip2, xz, zstd (read inside)",
                                .recognise = archive::recognise,
                                .read = read_archive,
                                .refusal = {}};

std::vector<Format> all() {
    std::vector<Format> list;
    const auto add = [&](std::span<const Format> more) {
        list.insert(list.end(), more.begin(), more.end());
    };
    // The first that says yes is taken, so the surest come first: magic numbers, then grammars.
    add(refused_by_magic());
    list.push_back(archive_format);
    add(refused_by_content());
    list.push_back(telegram::format);
    list.push_back(letopis::jsonl);
    list.push_back(whatsapp::format);
    list.push_back(eml::format);  // before mbox: a file that is called .eml is one mail
    list.push_back(mbox::format);
    list.push_back(letopis::csv);
    return list;
}

}  // namespace

std::span<const Format> formats() {
    static const std::vector<Format> list = all();
    return list;
}

const Format* recognise(std::string_view head, std::string_view file_name) {
    const Format* maybe = nullptr;
    for (const auto& format : formats()) {
        const auto match = format.recognise(head, file_name);
        if (match == Match::yes) return &format;
        if (match == Match::maybe && maybe == nullptr) maybe = &format;
    }
    return maybe;
}

}  // namespace letopis::capture
