// SPDX-License-Identifier: AGPL-3.0-or-later
// Any HTML becomes a document of the allow-lists, and that document does not change any more. A
// first byte 1 makes the rest a whole mail.
#include <cstdlib>

#include "mime/display_soundness.hpp"
#include "mime/display_writer.hpp"
#include "mime/mime.hpp"
#include "utf8/utf8.hpp"

namespace {

letopis::model::Display shown(std::string_view html) {
    letopis::mime::DisplayWriter writer(nullptr);
    writer.add(html);
    return writer.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis;
    if (size == 0) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] == 1) {
        const auto mail = mime::display(rest, model::Dialect::mail);
        if (mail && !mime::fault_of_display(*mail).empty()) std::abort();
        return 0;
    }
    const auto once = shown(utf8::repair(rest));
    if (!mime::fault_of_display(once).empty()) std::abort();
    if (shown(once.html).html != once.html) std::abort();
    return 0;
}
