// SPDX-License-Identifier: AGPL-3.0-or-later
// A tolerant reader of a JSON stream that may be gigabytes long and not quite JSON: control
// characters written as \xHH, bytes that are not UTF-8, missing commas, a file that ends early. It
// never builds a tree and holds one entry at most.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "capture/source.hpp"

namespace letopis::capture::telegram {

enum class Token : std::uint8_t {
    object_begin,
    object_end,
    array_begin,
    array_end,
    colon,
    comma,
    string,  // text(): between the quotes, escapes as written, cut at text_max
    word,    // number, true, false, null, or what stands where one of them should
    end,
};

// What became of an object that was to be taken in one piece.
enum class Shape : std::uint8_t {
    whole,
    broken,     // brackets that do not match, or letters outside strings
    cut_off,    // the input ends inside it
    too_large,  // over chat::entry_bytes_max
};

struct Slice {
    Shape shape = Shape::whole;
    std::string bytes;            // from '{' to '}', when whole
    std::uint64_t looked_at = 0;  // bytes that were gone through, when not whole
};

// Where reading can go on after damage.
enum class Landmark : std::uint8_t { entry, chat, none };

class Lexer {
public:
    static constexpr std::size_t text_max = 4096;

    explicit Lexer(Source& source, std::uint64_t offset = 0) : window_(source, offset) {}
    Result<Token> next();
    std::uint64_t offset() const { return window_.offset(); }  // where the last token begins
    std::string_view text() const { return text_; }

    // After object_begin. When it is not whole, the position stays at the '{'.
    Result<Slice> take_object();
    // After object_begin or array_begin: behind the matching end, whatever stands between.
    Result<void> skip();
    // From the byte behind the last token: to the next '{' that begins an entry or a chat. The next
    // token is that '{' (or the end).
    Result<Landmark> find_landmark();

private:
    Result<bool> more();  // false at the end
    Result<Token> string_token();
    Result<Token> word_token();

    Window window_;
    std::size_t used_ = 0;  // bytes of view() that belong to the last token
    std::string text_;
};

// The members of an object's text in memory, as tolerant as the Lexer: slices of it, the key as
// written between its quotes, the value with its quotes or brackets.
class Members {
public:
    explicit Members(std::string_view object);
    bool next();
    std::string_view key() const { return key_; }
    std::string_view value() const { return value_; }

private:
    std::string_view left_;
    std::string_view key_;
    std::string_view value_;
};

// Is the '{' at the start of `text` the beginning of an entry of `messages`, of a chat, or of
// something else (or does `text` end too early to say)?
Landmark landmark_at(std::string_view text);

}  // namespace letopis::capture::telegram
