// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/address.hpp"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <memory>

#include "mime/ascii.hpp"
#include "mime/charset.hpp"
#include "mime/words.hpp"
#include "model/address.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t name_bytes_max = 1000;

struct CloseIdna {
    void operator()(UIDNA* idna) const { uidna_close(idna); }
};

std::string a_label(std::string_view domain) {
    if (utf8::is_ascii(domain)) return std::string(domain);
    thread_local std::unique_ptr<UIDNA, CloseIdna> idna;
    UErrorCode error = U_ZERO_ERROR;
    if (!idna) idna.reset(uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &error));
    if (!idna || domain.size() > 255) return std::string(domain);
    std::array<char, 512> out;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    const auto size = uidna_nameToASCII_UTF8(idna.get(),
                                             domain.data(),
                                             static_cast<std::int32_t>(domain.size()),
                                             out.data(),
                                             out.size(),
                                             &info,
                                             &error);
    if (U_FAILURE(error) || info.errors != 0) return std::string(domain);
    return std::string(out.data(), static_cast<std::size_t>(size));
}

// List archives write "anna at corp.example": the only '@'-less form that is taken for an address.
std::string without_obfuscation(std::string_view text) {
    for (const std::string_view at : {" at ", " AT ", " (at) ", "(at)", " [at] ", "[at]"}) {
        const auto found = text.find(at);
        if (found == text.npos) continue;
        const auto local = trim(text.substr(0, found));
        const auto domain = trim(text.substr(found + at.size()));
        const auto has_space = [](std::string_view part) {
            return part.empty() || std::any_of(part.begin(), part.end(), is_space);
        };
        if (has_space(local) || has_space(domain) || domain.find('.') == domain.npos) continue;
        return std::string(local).append("@").append(domain);
    }
    return {};
}

// RFC 5322 allows comments between the words of an address: "pete(his account)@silly.test".
std::string packed(std::string_view text) {
    std::string out;
    int depth = 0;
    for (const char c : text) {
        if (c == '(') ++depth;
        if (depth == 0 && !is_space(c)) out.push_back(c);
        if (c == ')' && depth > 0) --depth;
    }
    return out;
}

// Collects one mailbox between two separators.
struct Mailbox {
    std::string phrase;   // words before "<", raw, encoded words untouched
    std::string angle;    // between < and >
    std::string comment;  // the last (...)
    bool has_angle = false;
    bool empty() const { return phrase.empty() && angle.empty() && comment.empty() && !has_angle; }
};

std::string clean_name(std::string_view raw, std::string_view charset) {
    auto name = decode_words(raw, charset);
    if (name.size() >= 2 && (name.front() == '\'' || name.front() == '"') &&
        name.back() == name.front())
        name = std::string(trim(std::string_view(name).substr(1, name.size() - 2)));
    std::string out;
    bool space = false;
    for (const char c : name) {
        if (is_space(c)) {
            space = !out.empty();
            continue;
        }
        if (space) out.push_back(' ');
        space = false;
        out.push_back(c);
    }
    return std::string(utf8::prefix(out, name_bytes_max));
}

class Parser {
public:
    Parser(std::string_view in,
           model::Role role,
           std::string_view charset,
           std::vector<model::Party>& out)
        : in_(in), role_(role), charset_(charset), out_(out) {}

    void run() {
        while (at_ < in_.size() && out_.size() < addresses_max) step();
        if (out_.size() < addresses_max) flush();
    }

private:
    void step() {
        const char c = in_[at_];
        if (c == '=' && in_.substr(at_, 2) == "=?") {
            if (const auto size = encoded_word(in_.substr(at_)); size > 0) {
                // Encoded words are taken whole: a comma inside separates nothing.
                box_.phrase.append(in_.substr(at_, size));
                at_ += size;
                return;
            }
        }
        switch (c) {
            case '"':
                if (quotes_) return quoted();
                break;
            case '(':
                if (comments_) return comment();
                break;
            case '<': angle(); return;
            case ',':
            case ';': flush(); break;
            case ':': colon(); break;
            case '>': break;
            default: box_.phrase.push_back(c);
        }
        ++at_;
    }

    void quoted() {
        std::size_t end = at_ + 1;
        std::string text;
        for (; end < in_.size() && in_[end] != '"'; ++end) {
            if (in_[end] == '\\' && end + 1 < in_.size()) ++end;
            text.push_back(in_[end]);
        }
        if (end >= in_.size()) {  // never closed: it is no quote, and no later one is
            quotes_ = false;
            ++at_;
            return;
        }
        const bool local = end + 1 < in_.size() && in_[end + 1] == '@';
        if (local)
            box_.phrase.append(in_.substr(at_, end + 1 - at_));
        else
            box_.phrase.append(text);
        at_ = end + 1;
    }

    void comment() {
        int depth = 0;
        std::string text;
        for (std::size_t end = at_; end < in_.size(); ++end) {
            const char c = in_[end];
            if (c == '\\' && end + 1 < in_.size()) {
                text.push_back(in_[++end]);
                continue;
            }
            if (c == '(' && depth++ == 0) continue;
            if (c == ')' && --depth == 0) {
                if (const auto obfuscated = equal_nocase(trim(text), "at"); obfuscated)
                    box_.phrase.append("(at)");
                else
                    box_.comment = std::move(text);
                at_ = end + 1;
                return;
            }
            text.push_back(c);
        }
        comments_ = false;
        box_.phrase.push_back(' ');
        ++at_;
    }

    void angle() {
        const auto end = in_.find_first_of(">", at_);
        const auto stop = end == in_.npos ? in_.size() : end;
        auto inside = in_.substr(at_ + 1, stop - at_ - 1);
        // "<<a@b>>" and "Name <x> <a@b>": the last one with an '@' is the address.
        while (inside.starts_with("<")) inside.remove_prefix(1);
        if (!box_.has_angle || inside.find('@') != inside.npos) box_.angle = std::string(inside);
        box_.has_angle = true;
        at_ = std::min(stop + 1, in_.size());
    }

    // "Team: a@b, c@d;" begins a group; "mailto:a@b" and "[IPv6:…]" do not.
    void colon() {
        const auto word = trim(box_.phrase);
        const bool address = word.find('@') != word.npos || word.find('[') != word.npos;
        if (equal_nocase(word, "mailto") || (!address && !box_.has_angle))
            box_ = {};
        else
            box_.phrase.push_back(':');
    }

    void flush() {
        Mailbox box;
        std::swap(box, box_);
        if (box.empty()) return;
        auto address = box.has_angle ? from_angle(box.angle) : from_phrase(box.phrase);
        if (!address.empty()) {
            const auto name = box.has_angle && !trim(box.phrase).empty()
                                  ? clean_name(box.phrase, charset_)
                                  : clean_name(box.comment, charset_);
            out_.push_back({role_, model::AddressKind::email, std::move(address), name});
            return;
        }
        std::string raw = box.phrase;
        if (trim(raw).empty()) raw = box.has_angle ? box.angle : box.comment;
        const auto name = clean_name(raw, charset_);
        if (!name.empty()) out_.push_back({role_, model::AddressKind::name, name, name});
    }

    std::string from_angle(std::string_view text) const {
        // RFC 5322 section 4.4: a source route "@a,@b:" stands before the address.
        text = trim(text);
        if (text.starts_with('@'))
            if (const auto colon = text.rfind(':'); colon != text.npos)
                text = text.substr(colon + 1);
        if (auto address = normal_address(packed(text)); !address.empty()) return address;
        if (text.find("=?") != text.npos)
            if (auto address = normal_address(decode_words(text)); !address.empty()) return address;
        return normal_address(without_obfuscation(text));
    }

    std::string from_phrase(std::string_view text) const {
        text = trim(text);
        if (text.find('@') == text.npos) {
            if (text.find("=?") == text.npos) return normal_address(without_obfuscation(text));
            const auto decoded = decode_words(text, charset_);
            return decoded.find(' ') == decoded.npos ? normal_address(decoded) : std::string();
        }
        if (auto address = normal_address(text); !address.empty()) return address;
        // "user @ host . example", or words around a bare address.
        const auto glue = [](char c) { return c == '@' || c == '.'; };
        std::string glued;
        for (const char c : text) {
            while (glue(c) && glued.ends_with(' ')) glued.pop_back();
            if (is_space(c) && (glued.empty() || glue(glued.back()))) continue;
            glued.push_back(is_space(c) ? ' ' : c);
        }
        const auto at = glued.find('@');
        auto begin = glued.rfind(' ', at);
        begin = begin == glued.npos ? 0 : begin + 1;
        const auto end = std::min(glued.find(' ', at), glued.size());
        return normal_address(std::string_view(glued).substr(begin, end - begin));
    }

    std::string_view in_;
    model::Role role_;
    std::string_view charset_;
    std::vector<model::Party>& out_;
    std::size_t at_ = 0;
    // False after one that is never closed: looking for its end again and again takes forever.
    bool quotes_ = true, comments_ = true;
    Mailbox box_;
};

}  // namespace

std::string normal_address(std::string_view text) {
    text = trim(text);
    while (!text.empty() && (text.front() == '\'' || text.front() == '<')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == '\'' || text.back() == '>' || text.back() == '.'))
        text.remove_suffix(1);
    const auto at = text.rfind('@');
    if (at == text.npos || at == 0) return {};
    std::string named;
    if (!utf8::is_ascii(text)) {
        named = decode(text, {}).text;
        const auto split = named.rfind('@');
        if (split == named.npos) return {};
        named = named.substr(0, split + 1) + a_label(std::string_view(named).substr(split + 1));
        text = named;
    }
    return model::normalise_email(text).value_or(std::string());
}

void parse_addresses(std::string_view raw,
                     model::Role role,
                     std::string_view charset,
                     std::vector<model::Party>& out) {
    const auto line = unfold(raw);
    Parser(line, role, charset, out).run();
}

}  // namespace letopis::mime
