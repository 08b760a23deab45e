// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/letopis/table.hpp"

#include <algorithm>

namespace letopis::capture::letopis {
namespace {

struct Named {
    std::string_view name;
    Column column;
};

// Small letters; ё is written as е.
constexpr std::array<Named, 86> names{{
    {"id", Column::id},
    {"message_id", Column::id},
    {"message id", Column::id},
    {"ид", Column::id},
    {"идентификатор", Column::id},
    {"channel", Column::channel},
    {"канал", Column::channel},
    {"chat", Column::chat},
    {"chat_id", Column::chat},
    {"conversation", Column::chat},
    {"dialog", Column::chat},
    {"чат", Column::chat},
    {"диалог", Column::chat},
    {"беседа", Column::chat},
    {"переписка", Column::chat},
    {"chat_title", Column::chat_title},
    {"название чата", Column::chat_title},
    {"date", Column::date},
    {"datetime", Column::date},
    {"date time", Column::date},
    {"timestamp", Column::date},
    {"sent", Column::date},
    {"sent_at", Column::date},
    {"created_at", Column::date},
    {"дата", Column::date},
    {"дата и время", Column::date},
    {"дата отправки", Column::date},
    {"отправлено", Column::date},
    {"time", Column::time},
    {"время", Column::time},
    {"from", Column::from},
    {"sender", Column::from},
    {"author", Column::from},
    {"from_name", Column::from},
    {"from name", Column::from},
    {"от", Column::from},
    {"от кого", Column::from},
    {"отправитель", Column::from},
    {"автор", Column::from},
    {"имя", Column::from},
    {"name", Column::from},
    {"from_address", Column::from_address},
    {"from address", Column::from_address},
    {"адрес отправителя", Column::from_address},
    {"phone", Column::phone},
    {"phone number", Column::phone},
    {"телефон", Column::phone},
    {"номер телефона", Column::phone},
    {"email", Column::email},
    {"e-mail", Column::email},
    {"почта", Column::email},
    {"эл. почта", Column::email},
    {"электронная почта", Column::email},
    {"to", Column::to},
    {"recipient", Column::to},
    {"recipients", Column::to},
    {"кому", Column::to},
    {"получатель", Column::to},
    {"получатели", Column::to},
    {"cc", Column::cc},
    {"копия", Column::cc},
    {"subject", Column::subject},
    {"тема", Column::subject},
    {"text", Column::text},
    {"message", Column::text},
    {"body", Column::text},
    {"content", Column::text},
    {"текст", Column::text},
    {"сообщение", Column::text},
    {"текст сообщения", Column::text},
    {"содержание", Column::text},
    {"reply_to", Column::reply_to},
    {"in_reply_to", Column::reply_to},
    {"ответ на", Column::reply_to},
    {"event", Column::event},
    {"событие", Column::event},
    {"target", Column::target},
    {"attachments", Column::attachments},
    {"files", Column::attachments},
    {"вложения", Column::attachments},
    {"файлы", Column::attachments},
    {"tags", Column::tags},
    {"labels", Column::tags},
    {"теги", Column::tags},
    {"метки", Column::tags},
    {"ярлыки", Column::tags},
}};

// Latin and Russian capitals become small, ё becomes е, edges lose their spaces.
std::string folded(std::string_view text) {
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead >= 'A' && lead <= 'Z') {
            out += static_cast<char>(lead - 'A' + 'a');
        } else if ((lead == 0xd0 || lead == 0xd1) && i + 1 < text.size()) {
            auto code = (lead & 0x1fu) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3fu);
            if (code >= 0x410 && code <= 0x42f) code += 0x20;
            if (code == 0x401 || code == 0x451) code = 0x435;
            out += static_cast<char>(0xc0 | code >> 6);
            out += static_cast<char>(0x80 | (code & 0x3f));
        } else {
            out += text[i];
        }
    }
    return out;
}

// Behind the closing quote of a quoted field that begins at `begin`; npos: it is not closed.
std::size_t quoted_end(std::string_view text, std::size_t begin) {
    for (auto at = begin + 1;;) {
        at = text.find('"', at);
        if (at == std::string_view::npos) return at;
        if (at + 1 >= text.size() || text[at + 1] != '"') return at + 1;
        at += 2;
    }
}

RecordEnd ends_at(std::string_view text, std::size_t line_end) {
    if (line_end >= text.size()) return {text.size(), text.size()};
    const bool cr = line_end > 0 && text[line_end - 1] == '\r';
    return {line_end - (cr ? 1 : 0), line_end + 1};
}

}  // namespace

std::optional<RecordEnd> record_end(std::string_view text, char delimiter, bool all) {
    const char stops[] = {delimiter, '\n', '\0'};
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '"') {
            const auto end = quoted_end(text, at);
            // A closing quote at the very end may be the first of a doubled one.
            const bool uncertain = end == std::string_view::npos || (end == text.size() && !all);
            if (uncertain && !all) return std::nullopt;
            if (uncertain) return ends_at(text, std::min(text.find('\n', at), text.size()));
            at = end;
        }
        at = text.find_first_of(stops, at);
        if (at == std::string_view::npos) break;
        if (text[at] == '\n') return ends_at(text, at);
        ++at;
    }
    return all ? std::optional(ends_at(text, text.size())) : std::nullopt;
}

std::vector<std::string> fields_of(std::string_view record, char delimiter, bool* open_quote) {
    std::vector<std::string> fields;
    for (std::size_t at = 0;;) {
        std::string field;
        if (at < record.size() && record[at] == '"') {
            auto end = quoted_end(record, at);
            if (end == std::string_view::npos) {
                *open_quote = true;
                end = record.size() + 1;
            }
            for (auto i = at + 1; i + 1 < end; ++i) {
                field += record[i];
                if (record[i] == '"') ++i;
            }
            at = std::min(end, record.size());
        }
        const auto end = std::min(record.find(delimiter, at), record.size());
        field.append(record.substr(at, end - at));
        fields.push_back(std::move(field));
        if (end == record.size()) return fields;
        at = end + 1;
    }
}

Column column_named(std::string_view header) {
    const auto name = folded(header);
    for (const auto& known : names)
        if (known.name == name) return known.column;
    return Column::unknown;
}

char delimiter_of(std::string_view header_line) {
    std::size_t best_count = 0;
    char best = 0;
    for (const char candidate : {';', ',', '\t'}) {
        std::size_t count = 0;
        bool quoted = false;
        for (const char c : header_line) {
            if (c == '"') quoted = !quoted;
            if (c == candidate && !quoted) ++count;
        }
        if (count <= best_count) continue;
        best_count = count;
        best = candidate;
    }
    return best;
}

}  // namespace letopis::capture::letopis
