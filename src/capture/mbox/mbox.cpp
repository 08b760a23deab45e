// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/mbox/mbox.hpp"

#include <fmt/format.h>

#include <cstring>

#include "capture/mail_header.hpp"
#include "capture/mbox/splitter.hpp"

namespace letopis::capture::mbox {
namespace {

constexpr std::uint64_t survey_bytes = std::uint64_t(64) << 20;
constexpr std::size_t survey_bytes_of_stream = 1 << 20;
constexpr std::uint64_t progress_step = 4 << 20;

std::string_view first_line(std::string_view& rest) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

Match recognise(std::string_view head, std::string_view) {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    while (head.starts_with('\n') || head.starts_with("\r\n")) first_line(head);
    if (!head.starts_with("From ")) return Match::no;
    const auto likeness = parse_from_line(first_line(head)).likeness;
    if (likeness == Likeness::dated) return Match::yes;
    const bool header = header_like(first_line(head));
    if (likeness == Likeness::sender) return header ? Match::yes : Match::no;
    return header ? Match::maybe : Match::no;
}

// A prefix of another source as an input of its own.
class Bounded final : public Source {
public:
    Bounded(Source& inner, std::uint64_t left) : inner_(inner), left_(left) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        if (size > left_) size = static_cast<std::size_t>(left_);
        if (size == 0) return std::size_t(0);
        TRY(const auto got, inner_.read(buffer, size));
        left_ -= got;
        return got;
    }
    bool can_seek() const override { return false; }
    Result<void> seek(std::uint64_t) override {
        return fail(Errc::unsupported, "this input cannot be read from another place");
    }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    std::uint64_t left() const { return left_; }

private:
    Source& inner_;
    std::uint64_t left_;
};

struct Evidence {
    bool quoted = false;         // ">From " at the start of a line
    bool quoted_twice = false;   // ">>From "
    bool length_needed = false;  // a From_ line in a body whose end Content-Length told
};

void look_at(const Message& message, Evidence& evidence) {
    const std::string_view raw = message.raw;
    for (auto at = raw.find(">From "); at != std::string_view::npos;
         at = raw.find(">From ", at + 1)) {
        auto begin = at;
        while (begin > 0 && raw[begin - 1] == '>') --begin;
        if (begin == 0 || raw[begin - 1] != '\n') continue;
        (begin == at ? evidence.quoted : evidence.quoted_twice) = true;
        if (evidence.quoted_twice) break;
    }
    if (message.by_length && raw.find("\nFrom ") != std::string_view::npos)
        evidence.length_needed = true;
}

Survey verdict(const Evidence& evidence) {
    if (evidence.quoted_twice) return {model::Dialect::mail_mboxrd, ">>From seen"};
    if (evidence.length_needed)
        return {model::Dialect::mail_mboxcl2, "From_ line inside a body of known length"};
    if (evidence.quoted) return {model::Dialect::mail_mboxo, ">From seen, >>From not"};
    return {model::Dialect::mail_mboxo, "no quoted line seen"};
}

std::string_view dialect_name(model::Dialect dialect) {
    if (dialect == model::Dialect::mail_mboxrd) return "mboxrd";
    return dialect == model::Dialect::mail_mboxcl2 ? "mboxcl2" : "mboxo";
}

std::string_view folder_name(std::string_view file_name) {
    file_name = file_name.substr(file_name.rfind('/') + 1);
    for (const std::string_view end : {".mbox", ".mbx", ".MBOX", ".txt"})
        if (file_name.size() > end.size() && file_name.ends_with(end))
            file_name.remove_suffix(end.size());
    return file_name == "mbox" ? std::string_view() : file_name;
}

Context context_of(const Survey& survey, std::string_view folder) {
    Context context;
    context.title = folder;
    context.channel = model::Channel::email;
    context.facts =
        fmt::format(R"({{"format":"mbox","dialect":"{}","evidence":"{}","surveyed_bytes":{}}})",
                    dialect_name(survey.dialect),
                    survey.evidence,
                    survey.bytes);
    return context;
}

Item item_of(Message message, model::Dialect dialect, std::string_view folder) {
    Item item;
    item.dialect = dialect;
    item.raw = std::move(message.raw);
    item.position = message.position;
    item.folder = folder;
    item.flags = std::move(message.headers.flags);
    item.envelope = std::move(message.envelope);
    item.received = message.from.date;
    return item;
}

bool give(Message message, const Survey& survey, std::string_view folder, Sink& sink) {
    if (!message.too_large) return sink.item(item_of(std::move(message), survey.dialect, folder));
    return sink.refuse(
        fmt::format("message at byte {}", message.position),
        fmt::format("larger than {} MiB ({} bytes)", item_bytes_max >> 20, message.size));
}

Result<void> read_messages(Splitter& splitter,
                           const Survey& survey,
                           std::string_view folder,
                           Sink& sink) {
    TRY(const auto skipped, splitter.find_first());
    if (skipped > 0 &&
        !sink.refuse(fmt::format("bytes 0 to {}", skipped), "text before the first From_ line"))
        return {};
    std::uint64_t reported = 0;
    for (;;) {
        TRY(auto message, splitter.next());
        if (!message) break;
        if (!give(std::move(*message), survey, folder, sink)) return {};
        if (splitter.offset() - reported < progress_step) continue;
        reported = splitter.offset();
        sink.progress(reported);
    }
    sink.progress(splitter.offset());
    return {};
}

// A position that an earlier run reported, if a message still begins there.
Result<std::uint64_t> start_of(Source& source, const Options& options) {
    if (options.resume_at == 0) return std::uint64_t(0);
    TRY_DO(source.seek(options.resume_at));
    TRY(const auto head, read_head(source, from_line_max));
    std::string_view rest = head;
    const auto likeness = parse_from_line(first_line(rest)).likeness;
    return likeness == Likeness::dated ? options.resume_at : std::uint64_t(0);
}

Result<void> read(Source& source, const Options& options, Sink& sink) {
    const auto folder = folder_name(options.name);
    if (source.can_seek()) {
        TRY(const auto found, survey(source, survey_bytes));
        TRY(const auto start, start_of(source, options));
        TRY_DO(source.seek(start));
        if (!sink.context(context_of(found, folder))) return {};
        Splitter splitter(source, start);
        return read_messages(splitter, found, folder, sink);
    }
    TRY(auto head, read_head(source, survey_bytes_of_stream));
    MemorySource beginning(head);
    TRY(const auto found, survey(beginning, head.size()));
    if (!sink.context(context_of(found, folder))) return {};
    PrefixSource whole(std::move(head), source);
    Splitter splitter(whole);
    return read_messages(splitter, found, folder, sink);
}

}  // namespace

Result<Survey> survey(Source& source, std::uint64_t bytes_max) {
    if (source.can_seek()) TRY_DO(source.seek(0));
    Bounded beginning(source, bytes_max);
    Splitter splitter(beginning);
    Evidence evidence;
    TRY_DO(splitter.find_first());
    while (!evidence.quoted_twice) {
        TRY(const auto message, splitter.next());
        if (!message) break;
        look_at(*message, evidence);
    }
    auto result = verdict(evidence);
    result.bytes = bytes_max - beginning.left();
    return result;
}

const Format format{.name = "mbox",
                    .description = "mbox mailbox (mboxo, mboxrd, mboxcl, mboxcl2)",
                    .recognise = recognise,
                    .read = read,
                    .refusal = {}};

}  // namespace letopis::capture::mbox
