// SPDX-License-Identifier: AGPL-3.0-or-later
// What of a subject tells one conversation from another, and letter case put aside for comparing.
#pragma once

#include <string>
#include <string_view>

namespace letopis::catalog {

struct BaseSubject {
    std::string base;        // folded, prefixes gone, white space single
    bool is_answer = false;  // it had a reply or forward prefix
};

// Strips Re, Fwd, Отв, НА, AW … with counters, repeatedly.
BaseSubject base_subject(std::string_view subject);
// The same after leading "[list]" tags are gone too; only for comparing two copies of one
// Message-ID.
std::string base_without_tags(std::string_view subject);
// Lower case of ASCII, Latin-1 and Cyrillic letters; ё becomes е. Anything else stays.
std::string fold(std::string_view text);

}  // namespace letopis::catalog
