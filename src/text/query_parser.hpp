// SPDX-License-Identifier: AGPL-3.0-or-later
// The parser of the query language; query.cpp reads the language, query_values.cpp the values of
// its fields. Used inside this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/analyser.hpp"
#include "text/query.hpp"
#include "text/query_fields.hpp"

namespace letopis::text {

inline constexpr std::size_t terms_max = 64;

class Parser {
public:
    Parser(std::string_view query, Instant now) : query_(query), now_(now) {}
    ParsedQuery parse();

private:
    // What a primary may be turned into by what stands before it: a field's value, the subject.
    struct Context {
        std::optional<Field> field;
        bool in_subject = false;
    };

    NodePtr either(Context context);
    NodePtr both(Context context);
    NodePtr unary(Context& context);
    NodePtr primary(Context& context);
    NodePtr group(Context context);
    NodePtr quoted(Context context);
    NodePtr exactly(Context context);
    NodePtr number(Context context);
    NodePtr word(Context& context);
    NodePtr field_or_word(std::string_view text, std::size_t begin, Context& context);
    NodePtr field(const FieldName& name, std::size_t begin, Context& context);
    NodePtr field_value(
        Field field, std::string_view value, bool quotes, std::size_t begin, std::size_t value_at);
    bool fill_value(Node& node, std::string_view value, std::size_t value_at);
    NodePtr text_node(Node::Kind kind, std::string_view text, std::size_t begin, Context context);
    NodePtr many(Node::Kind kind, std::vector<NodePtr> children);
    NodePtr node(Node::Kind kind, std::size_t begin);
    NodePtr fail_at(std::size_t byte, std::string what, std::string hint);

    bool done() const { return at_ >= query_.size(); }
    char peek() const { return done() ? '\0' : query_[at_]; }
    std::size_t space_at(std::size_t i) const;
    void skip_spaces();
    bool keyword(std::string_view word);
    std::string_view take_quoted(std::string_view close, std::size_t begin);
    std::string_view bare() const;

    std::string_view query_;
    Instant now_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::size_t terms_ = 0;
    std::optional<QueryError> error_;
    Analyser analyser_;
};

}  // namespace letopis::text
