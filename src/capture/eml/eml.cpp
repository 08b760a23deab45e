// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/eml/eml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "capture/mail_header.hpp"
#include "capture/source.hpp"

namespace letopis::capture::eml {
namespace {

constexpr int junk_lines_max = 3;

bool ends_with_icase(std::string_view name, std::string_view end) {
    return name.size() >= end.size() &&
           std::equal(end.begin(),
                      end.end(),
                      name.end() - static_cast<std::ptrdiff_t>(end.size()),
                      [](char a, char b) {
                          return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
                      });
}

std::string_view next_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

// Bodies may be binary and padding may follow the mail, but its first headers have no NUL.
bool binary(std::string_view head) {
    head = head.substr(0, std::min(head.find("\n\n", 1), head.find("\n\r\n", 1)));
    return head.substr(0, 512).find('\0') != std::string_view::npos;
}

struct Block {
    int known = 0;   // lines with a header name that mail uses
    int others = 0;  // lines of the form "Name: …"
    int junk = 0;    // lines that are neither header nor continuation
};

// The header block at the beginning, as far as `head` goes.
Block header_block(std::string_view head) {
    Block block;
    bool any = false;
    while (!head.empty()) {
        const auto line = next_line(head);
        if (line.empty()) {
            if (any) break;
            continue;  // empty lines before the first header
        }
        if (!any && (line.starts_with("From ") || line.starts_with(">From "))) continue;
        const bool continuation = any && (line[0] == ' ' || line[0] == '\t');
        if (continuation) continue;
        if (mail_header(line))
            ++block.known;
        else if (header_like(line))
            ++block.others;
        else if (!head.empty() && ++block.junk > junk_lines_max)
            break;
        any = any || block.known + block.others > 0;
    }
    return block;
}

bool mail_file_name(std::string_view name) {
    static constexpr std::array<std::string_view, 3> ends{".eml", ".mail", ".msg"};
    return std::any_of(
        ends.begin(), ends.end(), [&](std::string_view end) { return ends_with_icase(name, end); });
}

Match recognise(std::string_view head, std::string_view name) {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    if (head.empty() || binary(head)) return Match::no;
    const auto block = header_block(head);
    if (mail_file_name(name) && block.known > 0) return Match::yes;
    if (ends_with_icase(name, ".eml")) return Match::maybe;
    // Without a name that says otherwise, a From_ line begins a mailbox.
    const auto text = head.substr(std::min(head.find_first_not_of("\r\n"), head.size()));
    if (text.starts_with("From ")) return Match::no;
    if (block.known >= 2 && block.junk == 0) return Match::yes;
    if (block.known >= 3) return Match::maybe;
    return block.known >= 1 && block.junk == 0 && block.others <= 2 * block.known ? Match::maybe
                                                                                  : Match::no;
}

std::string too_large(std::uint64_t size) {
    return fmt::format("larger than {} MiB ({} bytes)", item_bytes_max >> 20, size);
}

// All of the source, or nullopt when it is over the limit (then *size says how much there is).
Result<std::optional<std::string>> whole(Source& source, std::uint64_t* size) {
    *size = source.size().value_or(0);
    if (*size > item_bytes_max) return std::optional<std::string>();
    Window window(source);
    while (!window.ended()) {
        TRY_DO(window.fill());
        *size = window.view().size();
        if (*size > item_bytes_max) return std::optional<std::string>();
    }
    return std::optional(window.take(0, window.view().size()));
}

Result<void> read(Source& source, const Options& options, Sink& sink) {
    std::uint64_t size = 0;
    TRY(auto bytes, whole(source, &size));
    Context context;
    context.channel = model::Channel::email;
    context.facts = R"({"format":"eml"})";
    if (!sink.context(std::move(context))) return {};
    if (!bytes) {
        sink.refuse(options.name, too_large(size));
    } else if (bytes->empty()) {
        sink.refuse(options.name, "empty file");
    } else {
        Item item;
        item.raw = std::move(*bytes);
        sink.item(std::move(item));
    }
    sink.progress(size);
    return {};
}

}  // namespace

const Format format{.name = "eml",
                    .description = "one mail (EML, a file of a Maildir)",
                    .recognise = recognise,
                    .read = read,
                    .refusal = {}};

}  // namespace letopis::capture::eml
