// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstring>

#include "capture/letopis/draft.hpp"
#include "capture/letopis/letopis.hpp"
#include "capture/source.hpp"

namespace letopis::capture::letopis {
namespace {

namespace json = boost::json;

constexpr std::uint64_t progress_step = 4 << 20;
constexpr std::size_t arena_bytes = 16 * 1024;
constexpr std::size_t list_max = 10'000;  // people, files, references, tags of one message

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
std::string_view view(json::string_view text) { return {text.data(), text.size()}; }

// One line as a JSON object in memory that is given back in one step. Small lines need no heap.
class Line {
public:
    explicit Line(std::string_view raw) : arena_(buffer_.data(), buffer_.size()) {
        thread_local json::parser parser;  // keeps its stack between lines
        parser.reset(&arena_);
        boost::system::error_code error;
        parser.write(raw.data(), raw.size(), error);
        if (!error) value_ = parser.release();
        parser.reset();
    }
    const json::object* object() const { return value_.if_object(); }

private:
    std::array<unsigned char, arena_bytes> buffer_;
    json::monotonic_resource arena_;
    json::value value_;
};

std::optional<std::string> text_or_number(const json::value* value) {
    if (value == nullptr) return std::nullopt;
    if (const auto* text = value->if_string()) return std::string(view(*text));
    if (value->is_int64() || value->is_uint64()) return std::string(json::serialize(*value));
    return std::nullopt;
}

// Empty when it is not there or not a string.
std::string_view member(const json::object& object, const char* name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? view(value->get_string()) : std::string_view();
}

// ---- reading

std::vector<std::string> files_of(const json::object& object) {
    std::vector<std::string> files;
    const auto* list = object.if_contains("attachments");
    if (list == nullptr || !list->is_array()) return files;
    for (const auto& entry : list->get_array()) {
        const auto* path = entry.is_object() ? entry.get_object().if_contains("path") : nullptr;
        if (path == nullptr || !path->is_string() || files.size() == list_max) continue;
        auto safe = chat::safe_path(view(path->get_string()));
        if (!safe.empty()) files.push_back(std::move(safe));
    }
    return files;
}

Item item_of(std::string_view line, std::uint64_t position) {
    Item item;
    item.dialect = model::Dialect::letopis_jsonl;
    item.raw = line;
    item.position = position;
    if (line.size() > chat::parse_bytes_max) return item;
    const Line parsed(line);
    const auto* object = parsed.object();
    if (object == nullptr) return item;
    item.files = files_of(*object);
    const auto id = text_or_number(object->if_contains("id"));
    if (!id || id->empty()) return item;
    const auto chat = text_or_number(object->if_contains("chat"));
    item.key = chat && !chat->empty() ? *chat + "/" + *id : *id;
    return item;
}

Context context_of(std::string_view first_line, const Options& options) {
    Context context;
    context.title = chat::base_name(options.name);
    const Line parsed(first_line);
    if (const auto* object = parsed.object()) {
        context.channel =
            model::channel_named(member(*object, "channel")).value_or(model::Channel::other);
        if (const auto title = member(*object, "chat_title"); !title.empty())
            context.title = chat::clean(title);
    }
    context.facts = "{\"format\":\"letopis-jsonl\"," +
                    reading_facts(chat::zone_of_option(options.zone), options.date_order) + "}";
    return context;
}

// The next line of the window without its end; *next is where the one after it begins.
// nullopt: there is none. A line over the limit comes back as far as it was read, and `cut` is set.
Result<std::optional<std::string_view>> next_line(Window& window, std::size_t* next, bool* cut) {
    std::size_t searched = 0;
    for (;;) {
        const auto text = window.view();
        const auto end = text.find('\n', searched);
        if (end != std::string_view::npos || window.ended()) {
            if (text.empty()) return std::optional<std::string_view>();
            *next = std::min(end, text.size() - 1) + 1;
            auto line = text.substr(0, std::min(end, text.size()));
            if (line.ends_with('\r')) line.remove_suffix(1);
            *cut = *cut || line.size() > item_bytes_max;
            return std::optional(line);
        }
        searched = text.size();
        if (searched > item_bytes_max) {
            *cut = true;
            window.drop(searched);
            searched = 0;
        }
        TRY_DO(window.fill());
    }
}

Result<void> read(Source& source, const Options& options, Sink& sink) {
    const bool resumes = options.resume_at > 0 && source.can_seek();
    std::uint64_t start = 0;
    TRY_DO(source.can_seek() ? source.seek(0) : Result<void>());
    Window window(source);
    TRY_DO(window.fill());
    if (window.view().starts_with("\xef\xbb\xbf")) window.drop(3);
    if (!sink.context(context_of(window.view().substr(0, window.view().find('\n')), options)))
        return {};
    if (resumes) start = options.resume_at;
    std::uint64_t reported = 0;
    for (;;) {
        std::size_t next = 0;
        bool cut = false;
        const auto begin = window.offset();
        TRY(const auto line, next_line(window, &next, &cut));
        if (!line) break;
        const bool empty = line->find_first_not_of(" \t") == std::string_view::npos;
        bool more = true;
        if (cut)
            more = sink.refuse(fmt::format("line at byte {}", begin),
                               fmt::format("larger than {} MiB", item_bytes_max >> 20));
        else if (!empty && begin >= start)
            more = sink.item(item_of(*line, begin));
        window.drop(next);
        if (!more) return {};
        if (window.offset() - reported < progress_step) continue;
        reported = window.offset();
        sink.progress(reported);
    }
    sink.progress(window.offset());
    return {};
}

Match recognise(std::string_view head, std::string_view) {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    const auto begin = head.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos || head[begin] != '{') return Match::no;
    head.remove_prefix(begin);
    const auto end = head.find('\n');
    if (end == std::string_view::npos && head.size() > head_bytes / 2) return Match::no;
    const Line line(head.substr(0, end));
    const auto* object = line.object();
    if (object == nullptr) return Match::no;
    int known = 0;
    for (const char* name : {"channel", "text", "date", "from", "event", "subject"})
        known += object->contains(name) ? 1 : 0;
    if (known < 2 || object->contains("messages")) return Match::no;
    return known >= 3 ? Match::yes : Match::maybe;
}

// ---- parsing

using Field = void (*)(Draft&, const json::value&, std::string_view name);

void wrong(Draft& draft, std::string_view name) {
    draft.problem("\"" + std::string(name) + "\" is not of its type");
}

template <void (Draft::*Set)(std::string_view)>
void text_field(Draft& draft, const json::value& value, std::string_view name) {
    if (const auto* text = value.if_string()) return (draft.*Set)(view(*text));
    if (const auto number = text_or_number(&value)) return (draft.*Set)(*number);
    wrong(draft, name);
}

template <void (Draft::*Add)(std::string_view)>
void list_field(Draft& draft, const json::value& value, std::string_view name) {
    if (const auto* text = value.if_string()) return (draft.*Add)(view(*text));
    if (!value.is_array()) return wrong(draft, name);
    std::size_t count = 0;
    for (const auto& entry : value.get_array()) {
        if (++count > list_max) return draft.problem("\"" + std::string(name) + "\" is too long");
        text_field<Add>(draft, entry, name);
    }
}

void one_person(Draft& draft, model::Role role, const json::value& value, std::string_view name) {
    if (const auto* text = value.if_string()) {
        const bool address = view(*text).find('@') != std::string_view::npos;
        return draft.party(role, address ? "" : view(*text), address ? view(*text) : "");
    }
    const auto* object = value.if_object();
    if (object == nullptr) return wrong(draft, name);
    for (const auto& entry : *object)
        if (entry.key() != "name" && entry.key() != "address" && entry.key() != "kind")
            draft.problem("unknown member in \"" + std::string(name) + "\"");
    draft.party(role, member(*object, "name"), member(*object, "address"), member(*object, "kind"));
}

template <model::Role Who>
void people(Draft& draft, const json::value& value, std::string_view name) {
    if (!value.is_array()) return one_person(draft, Who, value, name);
    std::size_t count = 0;
    for (const auto& entry : value.get_array()) {
        if (++count > list_max) return draft.problem("\"" + std::string(name) + "\" is too long");
        one_person(draft, Who, entry, name);
    }
}

void one_attachment(Draft& draft, const json::value& value, std::string_view name) {
    const auto* object = value.if_object();
    if (object == nullptr) return wrong(draft, name);
    model::Attachment attachment;
    const auto path = member(*object, "path");
    const auto given = member(*object, "name");
    attachment.name = chat::base_name(given.empty() ? path : given);
    attachment.locator = chat::safe_path(path);
    attachment.type = chat::clean(member(*object, "type"));
    if (attachment.type.empty()) attachment.type = chat::media_type(attachment.name);
    if (attachment.locator.empty()) attachment.missing = "not included";
    if (const auto* size = object->if_contains("size"); size != nullptr) {
        boost::system::error_code error;
        attachment.size = size->to_number<std::uint64_t>(error);
        if (error) wrong(draft, "size");
    }
    draft.attachment(std::move(attachment));
}

void attachments(Draft& draft, const json::value& value, std::string_view name) {
    if (!value.is_array()) return wrong(draft, name);
    std::size_t count = 0;
    for (const auto& entry : value.get_array()) {
        if (++count > list_max) return draft.problem("\"attachments\" is too long");
        one_attachment(draft, entry, name);
    }
}

struct Named {
    std::string_view name;
    Field field;
};
constexpr std::array<Named, 20> fields{{
    {"id", text_field<&Draft::id>},
    {"channel", text_field<&Draft::channel>},
    {"chat", text_field<&Draft::chat>},
    {"chat_title", text_field<&Draft::chat_title>},
    {"date", text_field<&Draft::date>},
    {"from", people<model::Role::from>},
    {"to", people<model::Role::to>},
    {"cc", people<model::Role::cc>},
    {"bcc", people<model::Role::bcc>},
    {"members", people<model::Role::member>},
    {"subject", text_field<&Draft::subject>},
    {"text", text_field<&Draft::text>},
    {"reply_to", list_field<&Draft::reply_to>},
    {"references", list_field<&Draft::reference>},
    {"event", text_field<&Draft::event>},
    {"target", text_field<&Draft::target>},
    {"action", text_field<&Draft::action>},
    {"attachments", attachments},
    {"tags", list_field<&Draft::tag>},
    {"edited_at", text_field<&Draft::edited_at>},
}};

void fill(Draft& draft, const json::object& object) {
    for (const auto& entry : object) {
        const auto name = view(entry.key());
        if (entry.value().is_null() || name.starts_with("x_")) continue;
        const auto* found = std::find_if(
            fields.begin(), fields.end(), [&](const Named& known) { return known.name == name; });
        if (found == fields.end())
            draft.problem("unknown member \"" + std::string(chat::prefix(name, 64)) + "\"");
        else
            found->field(draft, entry.value(), name);
    }
}

// The text need not be stored twice when it stands in the line as it is.
std::optional<model::Slice> slice_of(std::string_view raw, std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto* found =
        static_cast<const char*>(::memmem(raw.data(), raw.size(), text.data(), text.size()));
    if (found == nullptr) return std::nullopt;
    return model::Slice{static_cast<std::uint32_t>(found - raw.data()),
                        static_cast<std::uint32_t>(text.size())};
}

const Reading& cached_reading(std::string_view facts) {
    thread_local std::string known;
    thread_local Reading reading = reading_of({});
    if (known != facts) {
        reading = reading_of(facts);
        known = facts;
    }
    return reading;
}

}  // namespace

model::Message parse_jsonl(std::string_view raw, std::string_view context_facts) {
    Draft draft(cached_reading(context_facts));
    if (raw.size() > chat::parse_bytes_max) {
        draft.problem("the line is too long");
        return draft.finish();
    }
    const Line line(raw);
    if (const auto* object = line.object())
        fill(draft, *object);
    else
        draft.problem("not a JSON object");
    auto message = draft.finish();
    message.slice = slice_of(raw, message.text);
    return message;
}

const Format jsonl{.name = "jsonl",
                   .description = "Letopis JSON lines (docs/formats/import-jsonl-csv.md)",
                   .recognise = recognise,
                   .read = read,
                   .refusal = {}};

}  // namespace letopis::capture::letopis
