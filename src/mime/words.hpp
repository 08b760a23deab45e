// SPDX-License-Identifier: AGPL-3.0-or-later
// Header text: encoded words of RFC 2047 in all the ways they are got wrong, raw 8-bit text, and
// parameters of RFC 2231 with their abuses. Input is a raw header value, folded or not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace letopis::mime {

// Valid UTF-8 without line ends. `charset` is the mail's own, for raw 8-bit text.
std::string decode_words(std::string_view raw,
                         std::string_view charset = {},
                         bool* guessed = nullptr);

// Length of an encoded word at the start of `text`, 0 when there is none. Lenient: the encoded
// text may hold spaces.
std::size_t encoded_word(std::string_view text);

struct Parameter {
    std::string name;   // lower case, without the marks of RFC 2231
    std::string value;  // decoded, valid UTF-8
};
// "text/plain; charset=utf-8": the value before the first ';' and the parameters.
struct Parameterised {
    std::string value;  // trimmed, lower case, comments removed
    std::vector<Parameter> parameters;
    // Empty when it is not there; the first one when it is there twice.
    std::string_view operator[](std::string_view name) const;
    bool duplicated(std::string_view name) const;  // twice and with different values
};
Parameterised parse_parameters(std::string_view raw, std::string_view charset = {});

}  // namespace letopis::mime
