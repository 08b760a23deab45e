// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/query_parser.hpp"

namespace letopis::text {

NodePtr Parser::field(const FieldName& name, std::size_t begin, Context& context) {
    if (done() || space_at(at_) > 0 || peek() == ')')
        return fail_at(begin,
                       "the field " + std::string(name.name) + ": has no value",
                       "write it without a space, as in " + std::string(name.name) + ":value");
    if (peek() == '(' && name.field != Field::in) {
        auto values = context;
        values.field = name.field;
        return group(values);
    }
    bool quotes = false;
    std::string_view value;
    const auto value_at = at_;
    if (peek() == '"') {
        quotes = true;
        ++at_;
        value = take_quoted("\"", value_at);
        if (error_) return nullptr;
    } else {
        value = bare();
        at_ += value.size();
    }
    if (name.field != Field::in) return field_value(name.field, value, quotes, begin, value_at);
    if (canonical_value(Field::in, value) != "subject")
        return fail_at(value_at, "in: knows only subject", "write in:subject word");
    if (peek() == '(') {
        auto subject = context;
        subject.in_subject = true;
        return group(subject);
    }
    context.in_subject = true;  // for the words after it on this level
    return nullptr;
}

NodePtr Parser::field_value(
    Field field, std::string_view value, bool quotes, std::size_t begin, std::size_t value_at) {
    while (!quotes && !value.empty() && (value.back() == ',' || value.back() == ';'))
        value.remove_suffix(1);
    if (value.find_first_not_of(" \t") == std::string_view::npos)
        return fail_at(begin, "the field has no value", "write it without a space: field:value");
    if (++terms_ > terms_max) return fail_at(begin, "more than 64 terms", "use fewer words");
    auto made = node(Node::Kind::field, begin);
    made->field = field;
    made->quoted = quotes;
    if (field == Field::filename && !quotes) {
        const auto folded = fold(value);
        if (folded == "да" || folded == "есть" || folded == "yes") {
            made->field = Field::has;  // вложение:да
            value = "attachment";
        }
    }
    made->text = canonical_value(made->field, value);
    if (!fill_value(*made, value, value_at)) return nullptr;
    return made;
}

// Dates, sizes and closed lists; sets the error when the value is none.
bool Parser::fill_value(Node& made, std::string_view value, std::size_t value_at) {
    switch (made.field) {
        case Field::before:
        case Field::after:
        case Field::on: {
            const auto period = parse_period(value, now_);
            if (!period) {
                fail_at(value_at,
                        "this is no date",
                        "write 2024, 2024-05, 2024-05-12, 12.05.2024, today, yesterday or 7d");
                return false;
            }
            if (made.field != Field::before) made.from_time = period->begin;
            if (made.field == Field::before) made.to_time = period->begin;
            if (made.field == Field::on) made.to_time = period->end;
            return true;
        }
        case Field::larger: {
            const auto bytes = parse_size(value);
            if (!bytes) {
                fail_at(value_at, "this is no size", "write larger:10MB or larger:500k");
                return false;
            }
            made.bytes = *bytes;
            return true;
        }
        case Field::has:
            if (made.text == "attachment" || made.text == "unparsed") return true;
            fail_at(value_at,
                    "has: knows only attachment and unparsed",
                    "write has:attachment, or the word without has:");
            return false;
        case Field::id:
            if (made.text.find_first_not_of("0123456789") == std::string::npos &&
                made.text.size() <= 18)
                return true;
            fail_at(value_at, "id: needs a number", "write id:1234");
            return false;
        case Field::from:
        case Field::to:
        case Field::client:
        case Field::employee:
        case Field::channel:
        case Field::deal:
        case Field::tag:
        case Field::category:
        case Field::project:
        case Field::filename:
        case Field::in:
        case Field::is:
        case Field::lang:
        case Field::source:
        case Field::conversation:
        case Field::label: return true;
    }
    return true;
}

}  // namespace letopis::text
