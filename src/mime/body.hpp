// SPDX-License-Identifier: AGPL-3.0-or-later
// Which parts of a mail are its words and which are files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/tree.hpp"
#include "model/message.hpp"

namespace letopis::mime {

constexpr std::size_t text_bytes_max = std::size_t(16) << 20;       // of one part, and of the body
constexpr std::size_t expanded_bytes_max = std::size_t(256) << 20;  // decoded, of one mail

struct Body {
    std::string text;
    std::string html_words;  // model::Message::html_words
    // The bytes of the only text part, when `text` is these bytes with LF line ends.
    std::string_view literal;
    std::vector<model::Attachment> attachments;
    std::vector<std::string> marks;
};

// `charset` is for parts that name none.
Body read_body(const Tree& tree, std::string_view charset);

// Only the words, of the mail and of the messages inside it; for the second view of an ambiguous
// mail.
std::string read_words(const Tree& tree, std::string_view charset);

// What `text` says that `in` does not. A word of one or two bytes is found but not counted.
struct Missing {
    std::size_t words = 0;    // different words of `text`
    std::size_t missing = 0;  // those of them that `in` has not
    std::string texts;        // these with the signs around them; side by side parted by a space,
                              // else by a line end
};
Missing words_missing(std::string_view text, std::string_view in);

// A file name without path components.
std::string base_name(std::string_view name);

// Decoded text of a leaf: charset, flowed and enriched forms and HTML resolved.
struct LeafText {
    std::string text;
    bool guessed = false;
    bool literal = false;  // the content itself, but for its line ends
    bool cut = false;
};
LeafText leaf_text(const Part& part, std::string_view charset);
// The same in UTF-8 only, with all its tags.
LeafText leaf_source(const Part& part, std::string_view charset);

// Whether a leaf belongs to what is written in the mail, and is no file that came with it.
bool is_body(const Tree& tree, int index);

}  // namespace letopis::mime
