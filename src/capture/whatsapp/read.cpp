// SPDX-License-Identifier: AGPL-3.0-or-later
// The export as a stream: the beginning decides what a header line is in this file, then every
// header line begins an item.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "capture/source.hpp"
#include "capture/whatsapp/entry.hpp"
#include "capture/whatsapp/facts.hpp"
#include "capture/whatsapp/phrases.hpp"
#include "capture/whatsapp/whatsapp.hpp"

namespace letopis::capture::whatsapp {
namespace {

constexpr std::uint64_t progress_step = 1 << 20;

// Names of the files that the lines of a message mention.
std::vector<std::string> files_of(std::string_view body) {
    constexpr std::size_t files_max = 100;
    std::vector<std::string> files;
    while (!body.empty() && files.size() < files_max) {
        const auto end = std::min(body.find('\n'), body.size());
        const auto line = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (!may_name_file(line)) continue;
        const auto media = media_line(plain(line));
        if (!media || !media->missing.empty()) continue;
        if (auto path = chat::safe_path(media->name); !path.empty())
            files.push_back(std::move(path));
    }
    return files;
}

bool blank(std::string_view text) {
    text.remove_prefix(marks_at(text));
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

class Splitter {
public:
    Splitter(Source& source, const Options& options, Sink& sink)
        : options_(options), sink_(sink), window_(source) {}
    Result<void> run();

private:
    bool refuse_large() {
        return sink_.refuse(fmt::format("message at byte {}", window_.offset()),
                            "larger than 64 MiB; left out");
    }
    bool header_at(std::string_view view, std::size_t at) {
        const auto line = view.substr(at, header_bytes_max);
        if (!may_begin_header(line)) return false;
        const auto header = read_header(line);
        if (!header || header->shape != facts_.shape) return false;
        next_ = *header;
        return true;
    }
    Result<bool> line_end(std::size_t& at);
    bool give(std::size_t size);
    bool begin_context();

    const Options& options_;
    Sink& sink_;
    Window window_;
    Facts facts_;
    Header next_;  // of the header line that was seen last
    // Of the item at the front of the window, and where in it; none before the first message.
    std::optional<Header> header_;
    std::size_t header_begin_ = 0;
    bool too_large_ = false;  // what is being passed over was refused already
    std::uint64_t told_ = 0;
};

bool Splitter::begin_context() {
    Context context{.source = facts_.title_sure ? "whatsapp:" + facts_.title : std::string(),
                    .title = facts_.title.empty() ? facts_.file : facts_.title,
                    .channel = model::Channel::whatsapp,
                    .facts = facts_json(facts_)};
    return sink_.context(std::move(context));
}

// Moves `at` behind the line that it stands in. False when the sink wants no more.
Result<bool> Splitter::line_end(std::size_t& at) {
    for (;;) {
        const auto view = window_.view();
        const auto newline = view.find('\n', at);
        const bool found = newline != std::string_view::npos;
        at = found ? newline + 1 : view.size();
        if (at > chat::entry_bytes_max) {
            if (!too_large_ && !refuse_large()) return false;
            too_large_ = true;
            window_.drop(at);
            at = 0;
            if (found) return true;
            continue;
        }
        // Enough of the next line must be there to see whether it is a header.
        if (window_.ended() || (found && view.size() - at >= header_bytes_max)) return true;
        if (found) at = newline;
        TRY_DO(window_.fill());
    }
}

// The first `size` bytes of the window are one item.
bool Splitter::give(std::size_t size) {
    const auto position = window_.offset();
    if (position >= told_ + progress_step) {
        told_ = position;
        sink_.progress(position);
    }
    if (too_large_ || size > chat::entry_bytes_max) {
        const bool go_on = too_large_ || refuse_large();
        too_large_ = false;
        window_.drop(size);
        return go_on;
    }
    Item item{.dialect = model::Dialect::whatsapp_text,
              .raw = window_.take(0, size),
              .position = position};
    if (position < options_.resume_at) return true;
    if (header_) {
        const auto entry = split_entry(item.raw, header_begin_, *header_);
        item.key = key_of(item.raw, entry, facts_.order);
        item.files =
            files_of(std::string_view(item.raw).substr(entry.body, entry.end - entry.body));
    }
    return sink_.item(std::move(item));
}

Result<void> Splitter::run() {
    while (window_.view().size() < survey_bytes && !window_.ended()) TRY_DO(window_.fill());
    auto facts = survey(window_.view(), window_.ended(), options_);
    if (!facts) return fail(Errc::invalid, "no line of this file begins like a WhatsApp message");
    facts_ = *std::move(facts);
    if (!begin_context()) return {};
    std::size_t at = 0;
    while (!window_.view().empty() || !window_.ended()) {
        if (at < window_.view().size() && header_at(window_.view(), at)) {
            // Blank lines before the first message belong to it, other words are an item.
            const auto before = window_.view().substr(0, at);
            if (at > 0 && (header_ || !blank(before))) {
                if (!give(at)) return {};
                at = 0;
            }
            if (at == 0) too_large_ = false;  // its end was dropped with the last line
            header_ = next_;
            header_begin_ = at;
        }
        TRY(const bool go_on, line_end(at));
        if (!go_on) return {};
        if (window_.ended() && at >= window_.view().size()) {
            if (!window_.view().empty()) give(window_.view().size());
            return {};
        }
    }
    return {};
}

Result<void> read(Source& source, const Options& options, Sink& sink) {
    return Splitter(source, options, sink).run();
}

Match recognise(std::string_view head, std::string_view file_name) {
    const bool named = title_in(file_name).has_value() || file_name.ends_with("_chat.txt");
    if (head.find('\0') != std::string_view::npos) return Match::no;
    // The first line with anything on it is a message line.
    std::size_t at = marks_at(head);
    at = std::min(head.find_first_not_of(" \t\r\n", at), head.size());
    const auto first = read_header(head.substr(at, header_bytes_max));
    std::size_t lines = 0, headers = 0, authored = 0;
    bool told = false;  // words that only WhatsApp writes
    Shape shape = first ? first->shape : Shape{};
    while (at < head.size() && lines < 400) {
        const auto end = std::min(head.find('\n', at), head.size());
        const auto line = head.substr(at, end - at);
        at = end + 1;
        ++lines;
        if (!may_begin_header(line)) continue;
        const auto header = read_header(line);
        if (!header) continue;
        if (!first && headers == 0) shape = header->shape;
        if (header->shape != shape) continue;
        ++headers;
        const auto entry = split_entry(line);
        if (!entry) continue;
        authored += !entry->author.empty();
        const auto body = plain(line.substr(entry->body, entry->end - entry->body));
        told |= authored_phrase(body) || media_line(body) ||
                (entry->author.empty() && system_phrase(body));
    }
    if (headers == 0) return Match::no;
    if (named || (first && told)) return Match::yes;
    if (!first || authored == 0) return Match::no;
    // Program logs, too, begin lines with "[2024-01-01 10:00:00]".
    const bool like_a_log =
        (shape.year_first && (shape.style != Shape::Style::dash || shape.seconds)) ||
        shape.style == Shape::Style::colon;
    return authored >= 2 && !like_a_log ? Match::yes : Match::maybe;
}

}  // namespace

const Format format{.name = "whatsapp",
                    .description = "WhatsApp exported chat (.txt)",
                    .recognise = recognise,
                    .read = read,
                    .refusal = {}};

}  // namespace letopis::capture::whatsapp
