// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/prepare.hpp"

#include <algorithm>
#include <unordered_set>

#include "mime/ascii.hpp"
#include "mime/tree.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t junk_lines_max = 50;  // how far a header is looked for behind junk
constexpr std::size_t boundaries_max = 20'000;

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

void drop_line(std::string_view& text) {
    const auto end = text.find('\n');
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
}

// "Name:" with printable letters; blanks before the colon are an old habit.
bool is_field(std::string_view line) {
    std::size_t at = 0;
    while (at < line.size() && line[at] > ' ' && line[at] < 127 && line[at] != ':') ++at;
    if (at == 0 || at > 200) return false;
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
    return at < line.size() && line[at] == ':';
}

// Fields that begin real mail; any "word:" would find a header in prose.
bool is_known_field(std::string_view line) {
    for (const std::string_view name : {"From:",
                                        "To:",
                                        "Subject:",
                                        "Date:",
                                        "Received:",
                                        "Return-Path:",
                                        "Message-ID:",
                                        "MIME-Version:",
                                        "Content-Type:",
                                        "Delivered-To:",
                                        "Reply-To:",
                                        "Sender:",
                                        "Cc:",
                                        "X-Mozilla-Status:",
                                        "Content-Transfer-Encoding:",
                                        "DKIM-Signature:",
                                        "Envelope-to:",
                                        "X-Original-To:",
                                        "References:",
                                        "In-Reply-To:",
                                        "Status:",
                                        "X-"})
        if (starts_nocase(line, name)) return is_field(line);
    return false;
}

bool is_envelope(std::string_view line) {
    return line.starts_with("From ") || line.starts_with(">From ");
}

// Steps over a byte order mark, envelope lines, NULs and junk. Returns what is left, or nothing
// when there is no header.
void find_header(std::string_view& text, Prepared& out) {
    while (text.ends_with('\0')) text.remove_suffix(1);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (is_field(first_line(text))) {
        if (!is_envelope(first_line(text))) return;
    }
    std::string_view rest = text;
    bool junk = false, envelope = false;
    for (std::size_t lines = 0; lines < junk_lines_max && !rest.empty(); ++lines) {
        while (rest.starts_with('\0')) rest.remove_prefix(1), junk = true;
        const auto line = first_line(rest);
        // Behind blank lines or junk only a well-known field is believed to begin a header.
        const bool first_choice = lines == 0 || (envelope && !junk);
        if (!is_envelope(line) && (is_known_field(line) || (first_choice && is_field(line)))) {
            text = rest;
            out.junk_start = junk;
            return;
        }
        // An envelope, an empty header, and then the body.
        if (trim(line).empty() && envelope && !junk) break;
        if (is_envelope(line)) envelope = true;
        if (!trim(line).empty() && !is_envelope(line)) junk = true;
        drop_line(rest);
    }
    out.has_header = false;
    out.junk_start = junk;
}

// Length of the header with its empty line; the whole when there is no empty line.
std::size_t header_end(std::string_view text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; ++at) {
        const auto next = text.substr(at + 1, 2);
        if (next.starts_with('\n')) return at + 2;
        if (next == "\r\n") return at + 3;
    }
    return text.size();
}

// RFC 4155 and its relatives: what the mailbox writer put before "From " is taken away again.
bool needs_unquoting(std::string_view text, model::Dialect dialect) {
    if (dialect == model::Dialect::mail_mboxo) return text.find("\n>From ") != text.npos;
    if (dialect != model::Dialect::mail_mboxrd) return false;
    for (std::size_t at = 0; (at = text.find("\n>", at)) != text.npos; ++at) {
        const auto letter = text.find_first_not_of('>', at + 1);
        if (letter != text.npos && text.substr(letter, 5) == "From ") return true;
    }
    return false;
}

std::string unquoted(std::string_view text, model::Dialect dialect) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end == text.npos ? end : end + 1);
        text.remove_prefix(line.size());
        const auto letter = std::min(line.find_first_not_of('>'), line.size());
        const bool from = line.substr(letter, 5) == "From ";
        const bool quoted =
            from && (dialect == model::Dialect::mail_mboxo ? letter == 1 : letter >= 1);
        out.append(quoted ? line.substr(1) : line);
    }
    return out;
}

// "boundary=" values wherever they stand: a superset of the real ones, which is what a limit needs.
std::unordered_set<std::string_view> boundaries_in(std::string_view text) {
    std::unordered_set<std::string_view> out;
    for (std::size_t at = 0; out.size() < boundaries_max; ++at) {
        at = text.find("oundary", at);
        if (at == text.npos) break;
        auto rest = text.substr(at + 7, 300);
        const auto equals = rest.find_first_not_of(" \t\r\n*0");
        if (equals == rest.npos || rest[equals] != '=') continue;
        rest.remove_prefix(equals + 1);
        rest = rest.substr(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
        const bool quoted = rest.starts_with('"');
        if (quoted) rest.remove_prefix(1);
        const auto end = rest.find_first_of(quoted ? "\"\r\n" : "; \t\r\n");
        const auto value = rest.substr(0, end);
        if (!value.empty()) out.insert(value);
    }
    return out;
}

// Follows the lines of a mail with parts, to cut it before GMime would build too much of it: after
// the last part that is wanted, or inside a header block over the limit.
class PartCounter {
public:
    PartCounter(std::string_view text, std::size_t header) : text_(text), at_(header) {
        boundaries_ = boundaries_in(text);
        in_header_ = false;
        message_type_ = find_nocase(text.substr(0, std::min<std::size_t>(header, 65536)),
                                    "message/") != text.npos;
        if (message_type_) begin_header();
    }

    // Where to cut, or the size of the text.
    std::size_t run(Prepared& out) {
        while (at_ < text_.size()) {
            const auto stop = std::min(text_.find('\n', at_), text_.size());
            const auto line = text_.substr(at_, stop - at_);
            if (line.starts_with("--") && is_boundary(line)) {
                if (++parts_ > parts_max + 100) {
                    out.too_many_parts = true;
                    return at_;
                }
                begin_header();
            } else if (in_header_ && !header_line(line)) {
                out.bad_header = true;
                return at_;
            }
            at_ = stop + 1;
        }
        return text_.size();
    }

private:
    bool is_boundary(std::string_view line) const {
        line = trim(line.substr(2));
        if (boundaries_.contains(line)) return true;
        return line.ends_with("--") && boundaries_.contains(line.substr(0, line.size() - 2));
    }
    void begin_header() {
        in_header_ = true;
        message_type_ = false;
        header_begin_ = at_;
    }
    // False when the header block is over the limit.
    bool header_line(std::string_view line) {
        if (line.empty() || line == "\r") {
            in_header_ = message_type_;
            if (message_type_) {
                // Messages inside of messages count as parts: nothing else bounds them.
                ++parts_;
                begin_header();
                header_begin_ = at_;
            }
            return true;
        }
        const auto head = line.substr(0, 200);
        if (find_nocase(head, "message/") != head.npos || find_nocase(head, "digest") != head.npos)
            message_type_ = true;
        return at_ - header_begin_ <= header_bytes_max;
    }

    std::string_view text_;
    std::size_t at_;
    std::unordered_set<std::string_view> boundaries_;
    std::size_t parts_ = 0;
    bool in_header_ = false;
    bool message_type_ = false;
    std::size_t header_begin_ = 0;
};

// A header block over the limit keeps its first mebibyte, and the body.
void limit_header(Prepared& out, std::size_t header) {
    if (header <= header_bytes_max) return;
    auto kept = out.bytes.substr(0, header_bytes_max);
    kept = kept.substr(0, kept.rfind('\n') + 1);
    if (kept.empty()) kept = out.bytes.substr(0, header_bytes_max);
    auto shorter = std::make_unique<std::string>(kept);
    shorter->append("\n").append(out.bytes.substr(header));
    out.changed = std::move(shorter);
    out.bytes = *out.changed;
    out.literal = false;
    out.bad_header = true;
}

bool has_parts(std::string_view header) {
    for (std::size_t at = 0; (at = find_nocase(header, "content-type", at)) != header.npos; ++at) {
        const auto value = header.substr(at, 100);
        if (find_nocase(value, "multipart/") != value.npos ||
            find_nocase(value, "message/") != value.npos)
            return true;
    }
    return false;
}

}  // namespace

Prepared prepare(std::string_view raw, model::Dialect dialect) {
    Prepared out;
    out.truncated = raw.size() > parsed_bytes_max;
    auto text = raw.substr(0, parsed_bytes_max);
    find_header(text, out);
    if (needs_unquoting(text, dialect)) {
        out.changed = std::make_unique<std::string>(unquoted(text, dialect));
        out.literal = false;
        text = *out.changed;
    }
    out.bytes = text;
    if (!out.has_header) return out;
    auto header = header_end(out.bytes);
    limit_header(out, header);
    header = std::min(header, header_bytes_max + 1);
    if (has_parts(out.bytes.substr(0, header)))
        out.bytes = out.bytes.substr(0, PartCounter(out.bytes, header).run(out));
    return out;
}

}  // namespace letopis::mime
