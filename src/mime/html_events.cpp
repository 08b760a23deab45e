// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/html_events.hpp"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <memory>
#include <string>

namespace letopis::mime {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;  // never feed libxml2 more at once

const char* chars(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

// libxml2 forgets to end an element whose start tag is broken ("<td(>"): its own count tells.
struct Feed {
    HtmlEvents& events;
    const htmlParserCtxt* parser = nullptr;
    int open = 0;
    std::string_view last = {};  // started

    void end_forgotten(int expected) {
        for (; open > expected; --open) events.end(last);
    }
};

void on_start(void* to, const xmlChar* name, const xmlChar** attributes) {
    auto& feed = *static_cast<Feed*>(to);
    feed.end_forgotten(feed.parser->nameNr - 1);  // it counts this one already
    feed.last = chars(name);
    ++feed.open;
    feed.events.start(feed.last, reinterpret_cast<const char**>(attributes));
}
void on_end(void* to, const xmlChar* name) {
    auto& feed = *static_cast<Feed*>(to);
    feed.end_forgotten(feed.parser->nameNr);
    if (feed.open == 0) return;
    --feed.open;
    feed.events.end(chars(name));
}
void on_text(void* to, const xmlChar* text, int size) {
    auto& feed = *static_cast<Feed*>(to);
    feed.end_forgotten(feed.parser->nameNr);
    feed.events.text({chars(text), static_cast<std::size_t>(size)});
}
void on_raw_text(void*, const xmlChar*, int) {}

struct FreeContext {
    void operator()(htmlParserCtxt* context) const { htmlFreeParserCtxt(context); }
};

// A chunk must not end inside a character: libxml2 would count it as an encoding error.
std::size_t chunk_end(std::string_view html, std::size_t at) {
    std::size_t end = std::min(at + chunk_bytes, html.size());
    while (end < html.size() && end > at && (static_cast<unsigned char>(html[end]) & 0xC0) == 0x80)
        --end;
    return end == at ? std::min(at + chunk_bytes, html.size()) : end;
}

}  // namespace

void read_html(std::string_view html, HtmlEvents& events) {
    htmlSAXHandler handler{};
    handler.startElement = on_start;
    handler.endElement = on_end;
    handler.characters = on_text;
    handler.ignorableWhitespace = on_text;
    handler.cdataBlock = on_raw_text;
    Feed feed{events};
    std::unique_ptr<htmlParserCtxt, FreeContext> context(
        htmlCreatePushParserCtxt(&handler, &feed, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8));
    if (!context) return;
    feed.parser = context.get();
    htmlCtxtUseOptions(context.get(),
                       HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                           HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
    std::string copy;
    if (html.find('\0') != html.npos) {  // libxml2 stops at a NUL
        copy = html;
        std::replace(copy.begin(), copy.end(), '\0', ' ');
        html = copy;
    }
    for (std::size_t at = 0; at < html.size() && !events.full();) {
        const auto end = chunk_end(html, at);
        htmlParseChunk(context.get(), html.data() + at, static_cast<int>(end - at), 0);
        at = end;
    }
    htmlParseChunk(context.get(), "", 0, 1);
    feed.end_forgotten(0);
}

}  // namespace letopis::mime
