// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "mime/ascii.hpp"
#include "mime/body.hpp"
#include "mime/charset.hpp"
#include "mime/header.hpp"
#include "mime/html.hpp"
#include "mime/mime.hpp"
#include "mime/opened.hpp"
#include "mime/plain.hpp"
#include "mime/prepare.hpp"
#include "mime/second_view.hpp"
#include "mime/zones.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

using model::Message;

void mark(Message& message, std::string_view name) {
    auto& marks = message.marks;
    if (std::find(marks.begin(), marks.end(), name) == marks.end()) marks.emplace_back(name);
}

void set_slice(const Prepared& prepared,
               std::string_view raw,
               std::string_view literal,
               Message& message) {
    if (!prepared.literal || literal.empty() || literal.data() < raw.data() ||
        literal.data() + literal.size() > raw.data() + raw.size())
        return;
    const auto offset = static_cast<std::size_t>(literal.data() - raw.data());
    if (offset > 0xFFFFFFFFu || literal.size() > 0xFFFFFFFFu) return;
    // CRLF may become LF and nothing else may differ: that is proved here, not assumed.
    std::size_t at = 0;
    for (std::size_t i = 0; i < literal.size(); ++i) {
        if (literal[i] == '\r' && i + 1 < literal.size() && literal[i + 1] == '\n') continue;
        if (at >= message.text.size() || message.text[at] != literal[i]) return;
        ++at;
    }
    if (at != message.text.size()) return;
    message.slice = model::Slice{static_cast<std::uint32_t>(offset),
                                 static_cast<std::uint32_t>(literal.size())};
}

void text_only(std::string_view bytes, Message& message) {
    auto text = decode(bytes.substr(0, text_bytes_max), {});
    message.text = std::string(utf8::prefix(normal_lines(text.text), text_bytes_max));
    if (text.guessed) mark(message, "charset_guessed");
    for (const auto* name : {"no_from", "no_date", "bad_header"}) mark(message, name);
}

void marks_of(const Prepared& prepared, const Tree& tree, Message& message) {
    if (prepared.truncated) mark(message, "truncated");
    if (prepared.junk_start) mark(message, "junk_start");
    if (prepared.too_many_parts || tree.too_many()) mark(message, "too_many_parts");
    if (tree.too_deep()) mark(message, "too_deep");
    if (prepared.bad_header || tree.bad_header()) mark(message, "bad_header");
}

// A multipart whose closing boundary never comes: the mail was cut, or was never finished.
bool without_end(const Prepared& prepared, const Part& root) {
    const auto boundary = root.type["boundary"];
    if (root.kind != PartKind::multipart || prepared.truncated || boundary.empty()) return false;
    return prepared.bytes.find("--" + std::string(boundary) + "--") == std::string_view::npos;
}

}  // namespace

void preload() {
    preload_charsets();
    preload_html();
    preload_tree();
    parse(
        "From: =?utf-8?B?0L8=?= <a@\xD0\xBF.example>\nTo: b@c.example\nContent-Type: "
        "text/html\n\n<p>x",
        model::Dialect::mail);
}

Message parse(std::string_view raw, model::Dialect dialect) {
    Message message;
    message.channel = model::Channel::email;
    const auto prepared = prepare(raw, dialect);
    if (!prepared.has_header) {
        if (prepared.junk_start) mark(message, "junk_start");
        if (prepared.truncated) mark(message, "truncated");
        text_only(prepared.bytes, message);
        message.zones = find_zones(message.text);
        return message;
    }
    const auto tree = tree_of(prepared);
    marks_of(prepared, tree, message);
    if (tree.parts().empty()) {
        text_only(prepared.bytes, message);
        return message;
    }
    if (without_end(prepared, tree[0])) mark(message, "no_end");
    const auto charset = charset_of(tree);
    read_header(tree[0], charset, message);
    read_protected_header(tree, charset, message);
    auto body = read_body(tree, charset);
    message.text = std::move(body.text);
    message.html_words = std::move(body.html_words);
    message.attachments = std::move(body.attachments);
    for (const auto& name : body.marks) mark(message, name);
    set_slice(prepared, raw, body.literal, message);
    if (const auto other = second_view(prepared.bytes, tree, charset)) {
        mark(message, "ambiguous");
        append_view(message, *other);
    }
    message.zones = find_zones(message.text);
    return message;
}

Result<std::string> part(std::string_view raw, model::Dialect dialect, std::string_view locator) {
    const auto prepared = prepare(raw, dialect);
    if (!prepared.has_header) return fail(Errc::not_found, "the mail has no parts");
    const auto tree = tree_of(prepared);
    const auto uu = locator.find(".uu");
    const auto of_part = locator.substr(0, uu);
    for (const auto& one : tree.parts()) {
        if (one.kind == PartKind::multipart || one.locator != of_part) continue;
        if (uu != locator.npos) {  // a file inside of the text, counted as read_body() counts
            const auto text = leaf_text(one, charset_of(tree)).text;
            const auto files = find_uuencoded(text);
            for (std::size_t i = 0; i < files.size(); ++i)
                if (locator.substr(uu) == ".uu" + std::to_string(i + 1))
                    return decode_uu(files[i].lines);
            continue;
        }
        return decode_transfer(one.content, one.transfer);
    }
    return fail(Errc::not_found, "no such part");
}

}  // namespace letopis::mime
