// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/mail_header.hpp"

#include <algorithm>
#include <array>

namespace letopis::capture {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_icase(std::string_view name, std::string_view lower_case) {
    return std::equal(
        name.begin(), name.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
            return lower(a) == b;
        });
}

}  // namespace

bool header_like(std::string_view line) {
    auto colon = line.substr(0, 128).find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    // RFC 5322 section 4.5.8: obsolete syntax has spaces before the colon.
    while (colon > 1 && (line[colon - 1] == ' ' || line[colon - 1] == '\t')) --colon;
    return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
        return c > ' ' && c < 0x7f;
    });
}

bool mail_header(std::string_view line) {
    static constexpr std::array<std::string_view, 40> names{"from",
                                                            "to",
                                                            "cc",
                                                            "bcc",
                                                            "date",
                                                            "subject",
                                                            "received",
                                                            "message-id",
                                                            "return-path",
                                                            "delivered-to",
                                                            "reply-to",
                                                            "sender",
                                                            "status",
                                                            "mime-version",
                                                            "content-type",
                                                            "content-transfer-encoding",
                                                            "content-disposition",
                                                            "content-id",
                                                            "in-reply-to",
                                                            "references",
                                                            "dkim-signature",
                                                            "domainkey-signature",
                                                            "envelope-to",
                                                            "path",
                                                            "newsgroups",
                                                            "lines",
                                                            "organization",
                                                            "precedence",
                                                            "user-agent",
                                                            "received-spf",
                                                            "authentication-results",
                                                            "arc-seal",
                                                            "list-id",
                                                            "list-unsubscribe",
                                                            "errors-to",
                                                            "thread-index",
                                                            "thread-topic",
                                                            "importance",
                                                            "resent-from",
                                                            "resent-date"};
    if (!header_like(line)) return false;
    auto name = line.substr(0, line.find(':'));
    while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
    if (name.size() > 2 && same_icase(name.substr(0, 2), "x-")) return true;
    return std::any_of(names.begin(), names.end(), [&](std::string_view known) {
        return same_icase(name, known);
    });
}

}  // namespace letopis::capture
