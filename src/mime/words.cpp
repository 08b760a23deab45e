// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/words.hpp"

#include <algorithm>
#include <map>

#include "mime/ascii.hpp"
#include "mime/charset.hpp"
#include "mime/transfer.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t parameters_max = 200;
constexpr std::size_t sections_max = 1000;

struct Word {
    std::string_view charset;
    char encoding = 'q';
    std::string_view text;
    std::size_t size = 0;  // of the whole word in the header
};

constexpr bool is_token(char c) {
    return c > ' ' && c < 127 &&
           std::string_view("()<>@,;:\"/[]?=").find(c) == std::string_view::npos;
}

// "=?charset*lang?Q?text?="
bool read_word(std::string_view in, Word& word) {
    if (!in.starts_with("=?")) return false;
    std::size_t at = 2;
    while (at < in.size() && at < 80 && is_token(in[at])) ++at;
    if (at == 2 || at + 2 >= in.size() || in[at] != '?') return false;
    word.charset = in.substr(2, at - 2);
    if (const auto star = word.charset.find('*'); star != std::string_view::npos)
        word.charset = word.charset.substr(0, star);
    word.encoding = lower(in[at + 1]);
    if ((word.encoding != 'q' && word.encoding != 'b') || in[at + 2] != '?') return false;
    const auto text = at + 3;
    // "=?x?Q??=" holds an empty text; "?=" inside Q text is not allowed, so the first one ends it.
    const auto end = in.find("?=", text);
    if (end == std::string_view::npos) return false;
    word.text = in.substr(text, end - text);
    if (word.text.find("=?") != std::string_view::npos && word.encoding == 'b') return false;
    word.size = end + 2;
    return true;
}

std::string q_bytes(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '_') {
            out.push_back(' ');
        } else if (c == '=' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                   hex_digit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(c);
        }
    }
    return out;
}

// Words of one charset that stand side by side: programs cut them inside characters and even
// inside base64 groups, so their bytes are joined before anything is decoded.
class Joiner {
public:
    Joiner(std::string& out, bool* guessed, std::string_view hint)
        : out_(out), guessed_(guessed), hint_(hint) {}
    void add(const Word& word) {
        // A word of ISO-2022 that has come back to ASCII is complete; ICU takes an empty stretch of
        // ASCII between two of them for an attack.
        if (!equal_nocase(word.charset, charset_) || bytes_.ends_with("\x1B(B") ||
            bytes_.ends_with("\x1B(J"))
            flush();
        charset_ = word.charset;
        if (word.encoding == 'b') {
            base64_.append(word.text);
            const auto letters = std::count_if(
                word.text.begin(), word.text.end(), [](char c) { return !is_space(c); });
            if (letters % 4 == 0 || word.text.ends_with('=')) flush_base64();
        } else {
            flush_base64();
            bytes_ += q_bytes(word.text);
        }
    }
    void flush() {
        flush_base64();
        if (!bytes_.empty()) {
            auto decoded = decode(bytes_, charset_, hint_);
            if (decoded.guessed && guessed_) *guessed_ = true;
            out_ += decoded.text;
        }
        bytes_.clear();
        charset_ = {};
    }

private:
    void flush_base64() {
        if (!base64_.empty()) bytes_ += decode_base64(base64_);
        base64_.clear();
    }
    std::string& out_;
    bool* guessed_;
    std::string_view hint_;
    std::string_view charset_;
    std::string base64_;
    std::string bytes_;
};

bool blank(std::string_view text) { return std::all_of(text.begin(), text.end(), is_space); }

// No line ends, no controls: a header is one line of text.
void flatten(std::string& text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ' || c == 127) c = ' ';
    const auto kept = trim(text);
    if (kept.size() != text.size()) text = std::string(kept);
}

void append_plain(std::string& out, std::string_view raw, std::string_view charset, bool* guessed) {
    if (utf8::is_ascii(raw)) {
        out.append(raw);
        return;
    }
    const auto decoded = decode(raw, {}, charset);
    if (decoded.guessed && guessed) *guessed = true;
    out += decoded.text;
}

}  // namespace

std::size_t encoded_word(std::string_view text) {
    Word word;
    return read_word(text, word) ? word.size : 0;
}

std::string decode_words(std::string_view raw, std::string_view charset, bool* guessed) {
    const auto line = unfold(raw);
    std::string_view rest = line;
    std::string out;
    Joiner joiner(out, guessed, charset);
    bool after_word = false;
    while (!rest.empty()) {
        auto start = rest.find("=?");
        Word word;
        while (start != std::string_view::npos && !read_word(rest.substr(start), word))
            start = rest.find("=?", start + 2);
        const auto between = rest.substr(0, start);
        // RFC 2047 section 6.2: white space between two encoded words is not shown.
        if (start == std::string_view::npos || !after_word || !blank(between)) {
            joiner.flush();
            append_plain(out, between, charset, guessed);
        }
        if (start == std::string_view::npos) break;
        joiner.add(word);
        after_word = true;
        rest.remove_prefix(start + word.size);
    }
    joiner.flush();
    flatten(out);
    return out;
}

namespace {

// Cuts "name=value; name2=value2" at the semicolons that stand outside of quotes and comments.
class Cutter {
public:
    explicit Cutter(std::string_view in) : in_(in) {}
    bool done() const { return at_ >= in_.size(); }
    // The text up to the next ';', with quotes resolved and comments dropped. A forgotten semicolon
    // shows by the next "name=".
    std::string piece() {
        std::string out;
        bool value = false, encoded = false;
        for (; at_ < in_.size() && in_[at_] != ';'; ++at_) {
            if (in_[at_] == '=') {
                value = true;
                encoded = encoded || in_.substr(at_, 2) == "=?";
            }
            if (is_space(in_[at_]) && value && !encoded && name_follows()) break;
            if (in_[at_] == '(' && comments_)
                skip_comment();
            else if (in_[at_] == '"')
                quoted(out);
            else
                out.push_back(in_[at_]);
        }
        ++at_;
        return out;
    }

private:
    bool name_follows() const {
        std::size_t at = at_ + 1;
        while (at < in_.size() && (is_alnum(in_[at]) || in_[at] == '*' || in_[at] == '-')) ++at;
        return at > at_ + 1 && at + 1 < in_.size() && in_[at] == '=' && in_[at + 1] != '=' &&
               !is_space(in_[at + 1]) && !is_digit(in_[at_ + 1]);
    }
    void quoted(std::string& out) {
        // A quote that is never closed is taken as a letter: the rest must not vanish in it.
        if (in_.find('"', at_ + 1) == std::string_view::npos) return;
        for (++at_; at_ < in_.size() && in_[at_] != '"'; ++at_) {
            const bool escape = in_[at_] == '\\' && at_ + 1 < in_.size() &&
                                (in_[at_ + 1] == '"' || in_[at_ + 1] == '\\');
            if (escape) ++at_;
            out.push_back(in_[at_]);
        }
    }
    void skip_comment() {
        int depth = 0;
        for (std::size_t i = at_; i < in_.size(); ++i) {
            if (in_[i] == '(') ++depth;
            if (in_[i] == ')' && --depth == 0) {
                at_ = i;
                return;
            }
        }
        comments_ = false;  // never closed: it is no comment, and no later one is
    }
    std::string_view in_;
    std::size_t at_ = 0;
    bool comments_ = true;
};

std::string percent_bytes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

// RFC 2231: name*0*, name*1, … of one parameter, or name* alone.
struct Sections {
    std::map<int, std::pair<std::string, bool>> parts;  // number -> value and whether it is encoded
    std::string joined(std::string_view hint) const {
        std::string bytes, charset;
        bool extended = false;
        for (const auto& [number, part] : parts) {
            std::string_view value = part.first;
            if (!part.second) {
                bytes += value;
                continue;
            }
            const auto first = value.find('\'');
            const auto second = first == value.npos ? value.npos : value.find('\'', first + 1);
            if (!extended && second != value.npos) {
                charset = std::string(value.substr(0, first));
                value = value.substr(second + 1);
            }
            extended = true;
            bytes += percent_bytes(value);
        }
        if (!extended && bytes.find("=?") != bytes.npos) return decode_words(bytes, hint);
        auto text = decode(bytes, charset, hint).text;
        flatten(text);
        return text;
    }
};

// "filename*12*" -> name, section, encoded. False for a plain name.
bool sectioned(std::string_view& name, int& section, bool& encoded) {
    const auto star = name.find('*');
    if (star == std::string_view::npos) return false;
    auto rest = name.substr(star + 1);
    name = name.substr(0, star);
    encoded = rest.empty() || rest.ends_with('*');
    if (rest.ends_with('*')) rest.remove_suffix(1);
    section = 0;
    for (const char c : rest)
        section = is_digit(c) && section < 100'000 ? section * 10 + (c - '0') : section;
    return true;
}

}  // namespace

std::string_view Parameterised::operator[](std::string_view name) const {
    for (const auto& parameter : parameters)
        if (parameter.name == name) return parameter.value;
    return {};
}

bool Parameterised::duplicated(std::string_view name) const {
    const auto first = (*this)[name];
    return std::any_of(parameters.begin(), parameters.end(), [&](const Parameter& parameter) {
        return parameter.name == name && parameter.value != first;
    });
}

namespace {

class ParameterReader {
public:
    explicit ParameterReader(std::string_view charset) : charset_(charset) {}

    // "name=value"; anything else is stepped over.
    void add(std::string_view piece) {
        const auto equals = piece.find('=');
        if (equals == piece.npos || out.parameters.size() >= parameters_max) return;
        const auto lowered = lower_ascii(trim(piece.substr(0, equals)));
        std::string_view name = lowered;
        const auto value = trim(piece.substr(equals + 1));
        int section = 0;
        bool encoded = false;
        if (name.empty()) return;
        if (!sectioned(name, section, encoded))
            out.parameters.push_back({std::string(name), decode_words(value, charset_)});
        else if (++sections_ <= sections_max)
            extended_[std::string(name)].parts.try_emplace(section, std::string(value), encoded);
    }

    // RFC 2231 beats the plain parameter of the same name, which is there for old programs.
    void finish() {
        for (const auto& entry : extended_) {
            const auto& name = entry.first;
            std::erase_if(out.parameters, [&](const Parameter& p) { return p.name == name; });
            out.parameters.push_back({name, entry.second.joined(charset_)});
        }
    }
    Parameterised out;

private:
    std::string_view charset_;
    std::map<std::string, Sections, std::less<>> extended_;
    std::size_t sections_ = 0;
};

}  // namespace

Parameterised parse_parameters(std::string_view raw, std::string_view charset) {
    const auto line = unfold(raw);
    Cutter cutter(line);
    ParameterReader reader(charset);
    const auto first = cutter.piece();
    const auto head = trim(first);
    std::size_t space = 0;
    for (; space < head.size(); ++space) {  // "image/ jpeg" and "message / rfc822" are one word
        const char c = head[space];
        if (c == ',') break;
        if (!is_space(c)) {
            if (c > ' ' && c < 127) reader.out.value.push_back(lower(c));
            continue;
        }
        const auto rest = trim(head.substr(space));
        if (!reader.out.value.ends_with('/') && !rest.starts_with('/')) break;
    }
    reader.add(head.substr(space));  // "application/pdf name=x.pdf", the semicolon forgotten
    while (!cutter.done()) reader.add(cutter.piece());
    reader.finish();
    return std::move(reader.out);
}

}  // namespace letopis::mime
