// SPDX-License-Identifier: AGPL-3.0-or-later
// For the tests of this folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "mime/mime.hpp"

namespace letopis::mime {

inline model::Message parse_mail(std::string_view raw) { return parse(raw, model::Dialect::mail); }

inline bool has_mark(const model::Message& message, std::string_view mark) {
    for (const auto& one : message.marks)
        if (one == mark) return true;
    return false;
}

// What is left of the text when the zones are cut out.
inline std::string fresh_text(const model::Message& message) {
    std::string out;
    std::size_t at = 0;
    for (const auto& zone : message.zones) {
        out += message.text.substr(at, zone.begin - at);
        at = zone.end;
    }
    return out + message.text.substr(at);
}

inline std::string without_space(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') out.push_back(c);
    return out;
}

inline std::filesystem::path shared_data() {
    const char* given = std::getenv("LETOPIS_SHARED_DATA");
    return given ? std::filesystem::path(given)
                 : std::filesystem::path(LETOPIS_SOURCE_DIR) / ".." / "shared" / "data";
}

inline std::vector<std::filesystem::path> files_under(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> out;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator at(folder, error), end; at != end;
         at.increment(error))
        if (at->is_regular_file(error)) out.push_back(at->path());
    return out;
}

}  // namespace letopis::mime
