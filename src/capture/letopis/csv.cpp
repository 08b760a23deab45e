// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "capture/charset.hpp"
#include "capture/letopis/draft.hpp"
#include "capture/letopis/letopis.hpp"
#include "capture/letopis/table.hpp"
#include "capture/source.hpp"

namespace letopis::capture::letopis {
namespace {

namespace json = boost::json;

constexpr std::uint64_t progress_step = 4 << 20;
constexpr std::size_t record_bytes_max = 16 << 20;
constexpr std::size_t columns_max = 1000;
constexpr std::string_view windows_1251 = "windows-1251";

// What the first lines of a table say.
struct Header {
    char delimiter = 0;
    bool cp1251 = false;
    std::vector<std::string> names;  // UTF-8
    std::size_t size = 0;            // bytes before the first record
};

bool has(const std::vector<Column>& columns, std::initializer_list<Column> any) {
    return std::any_of(columns.begin(), columns.end(), [&](Column column) {
        return std::find(any.begin(), any.end(), column) != any.end();
    });
}

std::vector<Column> columns_of(const std::vector<std::string>& names) {
    std::vector<Column> columns;
    for (const auto& name : names) columns.push_back(column_named(name));
    return columns;
}

// `head` may end in the middle of a character.
bool utf8_so_far(std::string_view head) {
    for (std::size_t cut = 0; cut < 4 && cut < head.size(); ++cut)
        if (valid_utf8(head.substr(0, head.size() - cut))) return true;
    return head.empty();
}

std::optional<Header> header_of(std::string_view head, bool all) {
    Header header;
    auto rest = head;
    if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
    header.cp1251 = !utf8_so_far(rest);
    if (rest.starts_with("sep=") && rest.size() > 5) {  // Excel's own line
        header.delimiter = rest[4];
        rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    } else {
        header.delimiter = delimiter_of(rest.substr(0, rest.find('\n')));
    }
    if (header.delimiter == 0) return std::nullopt;
    const auto end = record_end(rest, header.delimiter, all);
    if (!end) return std::nullopt;
    bool open_quote = false;
    auto record = std::string(rest.substr(0, end->size));
    if (header.cp1251) record = to_utf8(record, Charset::cp1251);
    header.names = fields_of(record, header.delimiter, &open_quote);
    header.size = head.size() - rest.size() + end->next;
    if (open_quote || header.names.size() > columns_max) return std::nullopt;
    return header;
}

Match recognise(std::string_view head, std::string_view) {
    const auto header = header_of(head, head.size() < head_bytes);
    if (!header) return Match::no;
    const auto columns = columns_of(header->names);
    if (!has(columns, {Column::text, Column::subject})) return Match::no;
    if (!has(columns,
             {Column::date, Column::from, Column::to, Column::phone, Column::email, Column::chat}))
        return Match::no;
    const auto known = std::count_if(
        columns.begin(), columns.end(), [](Column column) { return column != Column::unknown; });
    return known >= 3 ? Match::yes : Match::maybe;
}

Context context_of(const Header& header, const Options& options) {
    Context context;
    context.title = chat::base_name(options.name);
    std::string names;
    for (const auto& name : header.names)
        names += (names.empty() ? "" : ",") + chat::json_string(name);
    context.facts =
        fmt::format(R"({{"format":"letopis-csv","delimiter":{},"charset":"{}","columns":[{}],{}}})",
                    chat::json_string(std::string_view(&header.delimiter, 1)),
                    header.cp1251 ? windows_1251 : "utf-8",
                    names,
                    reading_facts(chat::zone_of_option(options.zone), options.date_order));
    return context;
}

// How the records of one table are to be read, from the context's facts.
struct Plan {
    Reading reading;
    char delimiter = ',';
    bool cp1251 = false;
    std::vector<Column> columns;
};

Plan plan_of(std::string_view facts) {
    Plan plan;
    plan.reading = reading_of(facts);
    boost::system::error_code error;
    const auto parsed = json::parse(json::string_view(facts), error);
    if (error || !parsed.is_object()) return plan;
    const auto& object = parsed.get_object();
    if (const auto* value = object.if_contains("delimiter");
        value && value->is_string() && value->get_string().size() == 1)
        plan.delimiter = value->get_string()[0];
    if (const auto* value = object.if_contains("charset"); value && value->is_string())
        plan.cp1251 = value->get_string() == json::string_view(windows_1251);
    if (const auto* names = object.if_contains("columns"); names && names->is_array())
        for (const auto& name : names->get_array())
            plan.columns.push_back(name.is_string() ? column_named({name.get_string().data(),
                                                                    name.get_string().size()})
                                                    : Column::unknown);
    return plan;
}

const Plan& cached_plan(std::string_view facts) {
    thread_local std::string known;
    thread_local Plan plan = plan_of({});
    if (known != facts) {
        plan = plan_of(facts);
        known = facts;
    }
    return plan;
}

std::string decoded(std::string_view raw, bool cp1251, bool* guessed) {
    if (cp1251) return to_utf8(raw, Charset::cp1251);
    *guessed = !valid_utf8(raw);
    return *guessed ? to_utf8(raw, Charset::cp1251) : std::string(raw);
}

std::string_view cell(const std::vector<Column>& columns,
                      const std::vector<std::string>& fields,
                      Column wanted) {
    for (std::size_t i = 0; i < columns.size() && i < fields.size(); ++i)
        if (columns[i] == wanted && !fields[i].empty()) return fields[i];
    return {};
}

std::string key_of(std::string_view record, const Plan& plan) {
    bool ignored = false;
    const auto fields = fields_of(decoded(record, plan.cp1251, &ignored), plan.delimiter, &ignored);
    const auto id = cell(plan.columns, fields, Column::id);
    const auto chat = cell(plan.columns, fields, Column::chat);
    if (id.empty() || chat.empty()) return std::string(id);
    return std::string(chat).append("/").append(id);
}

struct Record {
    std::string_view raw;
    std::size_t next = 0;
};

// The record at the front of the window; nullopt at the end. A quote that is not closed within
// record_bytes_max is taken to end with its line.
Result<std::optional<Record>> next_record(Window& window, char delimiter) {
    for (;;) {
        const auto text = window.view();
        const bool all = window.ended() || text.size() > record_bytes_max;
        if (text.empty() && window.ended()) return std::optional<Record>();
        if (const auto end = record_end(text, delimiter, all))
            return std::optional(Record{text.substr(0, end->size), end->next});
        TRY_DO(window.fill());
    }
}

Result<void> read_records(Window& window, const Plan& plan, std::uint64_t start, Sink& sink) {
    std::uint64_t reported = 0;
    const bool has_ids = has(plan.columns, {Column::id});
    for (;;) {
        const auto begin = window.offset();
        TRY(const auto record, next_record(window, plan.delimiter));
        if (!record) break;
        if (record->raw.find_first_not_of(" \t\r") != std::string_view::npos && begin >= start) {
            Item item;
            item.dialect = model::Dialect::letopis_csv;
            item.raw = record->raw;
            item.position = begin;
            if (has_ids) item.key = key_of(record->raw, plan);
            if (!sink.item(std::move(item))) return {};
        }
        window.drop(record->next);
        if (window.offset() - reported < progress_step) continue;
        reported = window.offset();
        sink.progress(reported);
    }
    sink.progress(window.offset());
    return {};
}

Result<void> read(Source& source, const Options& options, Sink& sink) {
    if (source.can_seek()) TRY_DO(source.seek(0));
    Window window(source);
    TRY_DO(window.fill());
    while (window.view().size() < head_bytes && !window.ended()) TRY_DO(window.fill());
    const auto header = header_of(window.view(), window.ended());
    if (!header)
        return fail(Errc::invalid,
                    "the table has no header row",
                    "The first row must name the columns: docs/formats/import-jsonl-csv.md.");
    auto context = context_of(*header, options);
    const auto plan = plan_of(context.facts);
    if (!sink.context(std::move(context))) return {};
    window.drop(header->size);
    return read_records(window, plan, source.can_seek() ? options.resume_at : 0, sink);
}

// "Иван <ivan@client.example>; +7 916 123-45-67": people of one cell.
void people(Draft& draft, model::Role role, std::string_view cell_text) {
    while (!cell_text.empty()) {
        const auto end = std::min(cell_text.find_first_of(";,"), cell_text.size());
        const auto one = cell_text.substr(0, end);
        cell_text.remove_prefix(std::min(end + 1, cell_text.size()));
        const auto open = one.find('<');
        const auto close = one.find('>', open == std::string_view::npos ? 0 : open);
        if (open != std::string_view::npos && close != std::string_view::npos)
            draft.party(role, one.substr(0, open), one.substr(open + 1, close - open - 1));
        else
            draft.party(role, {}, one);
    }
}

template <class Each>
void split(std::string_view list, std::string_view separators, const Each& each) {
    while (!list.empty()) {
        const auto end = std::min(list.find_first_of(separators), list.size());
        if (end > 0) each(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

void add_attachment(Draft& draft, std::string_view path) {
    model::Attachment attachment;
    attachment.name = chat::base_name(path);
    attachment.locator = chat::safe_path(path);
    attachment.type = chat::media_type(attachment.name);
    if (attachment.locator.empty()) attachment.missing = "not included";
    draft.attachment(std::move(attachment));
}

// Who wrote it may be spread over several columns.
void sender(Draft& draft,
            const std::vector<Column>& columns,
            const std::vector<std::string>& fields) {
    const auto name = cell(columns, fields, Column::from);
    for (const auto column : {Column::from_address, Column::email, Column::phone})
        if (const auto address = cell(columns, fields, column); !address.empty())
            return draft.party(model::Role::from, name, address);
    people(draft, model::Role::from, name);
}

void fill(Draft& draft,
          const std::vector<Column>& columns,
          const std::vector<std::string>& fields) {
    const auto at = [&](Column column) { return cell(columns, fields, column); };
    if (const auto channel = at(Column::channel); !channel.empty()) draft.channel(channel);
    if (const auto event = at(Column::event); !event.empty()) draft.event(event);
    draft.id(at(Column::id));
    draft.chat(at(Column::chat));
    draft.chat_title(at(Column::chat_title));
    if (const auto date = at(Column::date); !date.empty()) {
        const auto time = at(Column::time);
        draft.date(time.empty() ? std::string(date) : std::string(date).append(" ").append(time));
    }
    sender(draft, columns, fields);
    people(draft, model::Role::to, at(Column::to));
    people(draft, model::Role::cc, at(Column::cc));
    draft.subject(at(Column::subject));
    draft.text(at(Column::text));
    if (const auto id = at(Column::reply_to); !id.empty()) draft.reply_to(id);
    draft.target(at(Column::target));
    split(at(Column::attachments), "|\n", [&](std::string_view path) {
        add_attachment(draft, path);
    });
    split(at(Column::tags), ",;|", [&](std::string_view tag) { draft.tag(tag); });
}

}  // namespace

model::Message parse_csv(std::string_view raw, std::string_view context_facts) {
    const auto& plan = cached_plan(context_facts);
    Draft draft(plan.reading);
    if (raw.size() > chat::parse_bytes_max) {
        draft.problem("the record is too long");
        return draft.finish();
    }
    bool guessed = false;
    bool open_quote = false;
    const auto fields = fields_of(decoded(raw, plan.cp1251, &guessed), plan.delimiter, &open_quote);
    if (guessed) draft.mark("charset_guessed");
    if (open_quote) draft.problem("a quote is not closed");
    if (plan.columns.empty()) draft.problem("the header row is not known");
    if (fields.size() > plan.columns.size()) draft.problem("more fields than the header row");
    fill(draft, plan.columns, fields);
    return draft.finish();
}

const Format csv{
    .name = "csv",
    .description = "table of messages with a header row (docs/formats/import-jsonl-csv.md)",
    .recognise = recognise,
    .read = read,
    .refusal = {}};

}  // namespace letopis::capture::letopis
