// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/mbox/splitter.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "capture/mail_header.hpp"

namespace letopis::capture::mbox {
namespace {

constexpr std::string_view line_from = "\nFrom ";
constexpr std::size_t lookahead = from_line_max + 512;  // a From_ line and the line behind it
constexpr std::size_t header_bytes_max = 1 << 20;

std::size_t find(std::string_view text, std::string_view what, std::size_t from) {
    if (from > text.size()) return std::string_view::npos;
    const void* found = ::memmem(text.data() + from, text.size() - from, what.data(), what.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::string_view without_cr(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// 1 or 2 when `text` begins with a line end, else 0.
std::size_t line_end_at(std::string_view text) {
    if (text.starts_with('\n')) return 1;
    return text.starts_with("\r\n") ? 2 : 0;
}

// The bytes of an empty line at the end of `text`, whose start counts as the start of a line.
std::size_t empty_line_behind(std::string_view text) {
    const std::size_t size = text.ends_with("\r\n") ? 2 : text.ends_with('\n') ? 1 : 0;
    if (size == 0) return 0;
    const auto before = text.substr(0, text.size() - size);
    return before.empty() || before.ends_with('\n') ? size : 0;
}

// `rest` begins with "From " at the start of a line. The rule of docs/formats/capture.md.
bool separator(std::string_view rest, bool after_empty_line) {
    const auto end = rest.substr(0, from_line_max + 2).find('\n');
    const auto line = without_cr(rest.substr(0, std::min(end, rest.size())));
    const auto likeness = parse_from_line(line).likeness;
    if (likeness == Likeness::no) return false;
    if (likeness == Likeness::dated && after_empty_line) return true;
    if (end == std::string_view::npos) return false;
    const auto behind = rest.substr(end + 1);
    return mail_header(behind.substr(0, std::min(behind.find('\n'), behind.size()))) &&
           (after_empty_line || likeness == Likeness::dated);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The value of header `name` (lower case) in `line`, or nullopt.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
    if (line.size() <= name.size() || line[name.size()] != ':') return std::nullopt;
    for (std::size_t i = 0; i < name.size(); ++i)
        if (lower(line[i]) != name[i]) return std::nullopt;
    line.remove_prefix(name.size() + 1);
    while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void add_flag(std::string& flags, char flag) {
    if (flags.find(flag) == std::string::npos) flags += flag;
}

// Letters of the mbox headers -> letters of a Maildir.
void add_status(std::string& flags, std::string_view letters) {
    for (const char c : letters) {
        if (c == 'R') add_flag(flags, 'S');
        if (c == 'A') add_flag(flags, 'R');
        if (c == 'F') add_flag(flags, 'F');
        if (c == 'D') add_flag(flags, 'T');
        if (c == 'T') add_flag(flags, 'D');
    }
}

void add_mozilla_status(std::string& flags, std::string_view value) {
    unsigned bits = 0;
    std::from_chars(value.data(), value.data() + value.size(), bits, 16);
    if (bits & 0x0001) add_flag(flags, 'S');
    if (bits & 0x0002) add_flag(flags, 'R');
    if (bits & 0x0004) add_flag(flags, 'F');
    if (bits & 0x0008) add_flag(flags, 'T');
    if (bits & 0x1000) add_flag(flags, 'P');
}

void read_header(std::string_view line, Headers& headers) {
    switch (line.empty() ? ' ' : line[0]) {
        case 'C':
        case 'c':
            if (const auto value = value_of(line, "content-length")) {
                std::uint64_t length = 0;
                const auto* end = value->data() + value->size();
                const auto [at, error] = std::from_chars(value->data(), end, length);
                if (error == std::errc() && at == end && !value->empty())
                    headers.content_length = length;
            }
            break;
        case 'S':
        case 's':
            if (const auto value = value_of(line, "status")) add_status(headers.flags, *value);
            break;
        case 'X':
        case 'x':
            if (const auto status = value_of(line, "x-status"))
                add_status(headers.flags, *status);
            else if (const auto mozilla = value_of(line, "x-mozilla-status"))
                add_mozilla_status(headers.flags, *mozilla);
            break;
        default: break;
    }
}

}  // namespace

Headers read_headers(std::string_view message) {
    Headers headers;
    message = message.substr(0, header_bytes_max);
    std::size_t begin = 0;
    while (begin < message.size()) {
        const auto end = message.find('\n', begin);
        if (end == std::string_view::npos) break;
        const auto line = message.substr(begin, end - begin);
        begin = end + 1;
        if (line.empty() || line == "\r") {
            headers.size = begin;
            break;
        }
        read_header(line, headers);
    }
    std::sort(headers.flags.begin(), headers.flags.end());
    return headers;
}

Result<bool> Splitter::have(std::size_t bytes) {
    while (window_.view().size() < bytes && !window_.ended()) TRY_DO(window_.fill());
    return window_.view().size() >= bytes;
}

Result<bool> Splitter::is_separator(std::size_t at, bool after_empty_line) {
    TRY_DO(have(at + lookahead));
    return separator(window_.view().substr(at, lookahead), after_empty_line);
}

Result<std::uint64_t> Splitter::find_first() {
    TRY_DO(have(lookahead));
    const auto start = window_.offset();
    auto view = window_.view();
    if (view.starts_with("\xef\xbb\xbf")) window_.drop(3);
    while (const auto blank = line_end_at(window_.view())) {
        window_.drop(blank);
        TRY_DO(have(lookahead));
    }
    if (window_.view().starts_with("From ")) return std::uint64_t(0);
    for (std::size_t at = 0;;) {
        at = find(window_.view(), line_from, at);
        if (at != std::string_view::npos) {
            ++at;
            TRY(const bool found, is_separator(at, true));
            if (!found) continue;
            window_.drop(at);
            return window_.offset() - start;
        }
        if (window_.ended()) return fail(Errc::invalid, "there is no From_ line: not an mbox");
        window_.drop(window_.view().size() - std::min(window_.view().size(), line_from.size()));
        at = 0;
        TRY_DO(window_.fill());
    }
}

Result<std::optional<Message>> Splitter::next() {
    TRY(const bool more, have(1));
    if (!more) return std::optional<Message>();
    std::size_t line_end = window_.view().find('\n');
    while (line_end == std::string_view::npos && !window_.ended()) {
        TRY_DO(window_.fill());
        line_end = window_.view().find('\n');
        if (window_.view().size() > header_bytes_max) break;
    }
    Message message;
    message.position = window_.offset();
    const auto begin = std::min(line_end, window_.view().size() - 1) + 1;
    message.envelope = without_cr(window_.view().substr(0, std::min(line_end, begin)));
    message.from = parse_from_line(message.envelope);
    TRY(const auto cut, end_of_message(begin, message));
    if (!message.too_large) message.too_large = cut.end - begin > item_bytes_max;
    if (message.too_large)
        window_.drop(cut.end);
    else
        message.raw = window_.take(begin, cut.end);
    message.size = window_.offset() - message.position - begin;
    window_.drop(cut.next - cut.end);
    return std::optional(std::move(message));
}

Result<Splitter::Cut> Splitter::end_of_message(std::size_t begin, Message& message) {
    message.headers = read_headers(window_.view().substr(begin));
    while (message.headers.size == 0 && !window_.ended() &&
           window_.view().size() - begin < header_bytes_max) {
        TRY_DO(window_.fill());
        message.headers = read_headers(window_.view().substr(begin));
    }
    if (message.headers.content_length && message.headers.size > 0) {
        TRY(const auto cut, by_content_length(begin, message));
        message.by_length = cut.has_value();
        if (cut) return *cut;
    }
    return by_search(begin, message);
}

// Content-Length is written by mail servers into messages that are later put into any mbox, so it
// is believed only when it leads to where a message may end.
Result<std::optional<Splitter::Cut>> Splitter::by_content_length(std::size_t begin,
                                                                 const Message& message) {
    const auto length = *message.headers.content_length;
    if (length > item_bytes_max) return std::optional<Cut>();
    const auto end = begin + static_cast<std::size_t>(message.headers.size + length);
    TRY(const bool well, length_leads_well(window_.offset() + end));
    if (!well) return std::optional<Cut>();
    TRY_DO(have(end + 2));
    if (window_.view().size() < end) return std::optional<Cut>();
    const auto rest = window_.view().substr(end);
    return std::optional(Cut{end, end + line_end_at(rest)});
}

Result<bool> Splitter::length_leads_well(std::uint64_t target) {
    const auto inside = static_cast<std::size_t>(target - window_.offset());
    std::string ahead;
    std::string_view around;  // from one byte before the target
    const auto read_to = window_.offset() + window_.view().size();
    if (inside + lookahead > window_.view().size() && source_.can_seek() && !window_.ended()) {
        TRY_DO(source_.seek(target - 1));
        TRY(ahead, read_head(source_, lookahead + 3));
        TRY_DO(source_.seek(read_to));
        around = ahead;
    } else {
        TRY_DO(have(inside + lookahead));
        if (window_.view().size() < inside) return false;
        around = window_.view().substr(inside - 1);
    }
    if (around.empty()) return false;
    const auto rest = around.substr(1);
    if (rest.empty()) return true;
    const auto blank = line_end_at(rest);
    if (rest.size() == blank) return true;
    const auto line = rest.substr(blank);
    return line.starts_with("From ") && (blank > 0 || around.front() == '\n') &&
           separator(line.substr(0, lookahead), true);
}

Result<Splitter::Cut> Splitter::by_search(std::size_t begin, Message& message) {
    const auto cut_at = [&](std::size_t at, std::size_t from) {
        const auto before = window_.view().substr(from, at - from);
        return Cut{at - empty_line_behind(before), at};
    };
    // The line end of the From_ line itself may be followed by the next From_ line.
    for (auto at = begin - 1;;) {
        const auto found = find(window_.view(), line_from, at);
        if (found != std::string_view::npos) {
            at = found + 1;
            const auto before = window_.view().substr(begin, at - begin);
            TRY(const bool is, is_separator(at, empty_line_behind(before) > 0));
            if (is) return cut_at(at, begin);
            continue;
        }
        const auto size = window_.view().size();
        if (window_.ended()) return cut_at(size, begin);
        if (size - begin > item_bytes_max) return skip_rest(begin, message);
        at = std::max(begin - 1, size - std::min(size, line_from.size() - 1));
        TRY_DO(window_.fill());
    }
}

// A message over the limit is not kept, but its end must be found.
Result<Splitter::Cut> Splitter::skip_rest(std::size_t, Message& message) {
    constexpr std::size_t keep = 16;  // enough to see the line ends before a From_ line
    message.too_large = true;
    for (std::size_t at = 0;;) {
        const auto found = find(window_.view(), line_from, at);
        if (found != std::string_view::npos) {
            at = found + 1;
            const auto blank = empty_line_behind(window_.view().substr(0, at));
            TRY(const bool is, is_separator(at, blank > 0));
            if (is) return Cut{at - blank, at};
            continue;
        }
        const auto size = window_.view().size();
        if (window_.ended()) return Cut{size - empty_line_behind(window_.view()), size};
        window_.drop(size - std::min(size, keep));
        at = 0;
        TRY_DO(window_.fill());
    }
}

}  // namespace letopis::capture::mbox
