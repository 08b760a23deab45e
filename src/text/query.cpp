// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/query.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/chars.hpp"
#include "text/numbers.hpp"
#include "text/query_parser.hpp"

namespace letopis::text {

namespace {

constexpr std::size_t query_bytes_max = 4096;
constexpr int depth_max = 32;
constexpr std::size_t prefix_letters_min = 4;

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

}  // namespace

std::size_t Parser::space_at(std::size_t i) const {
    if (i >= query_.size()) return 0;
    const auto b = static_cast<unsigned char>(query_[i]);
    if (b <= ' ' || b == 0x7f) return 1;
    if (query_.substr(i, 2) == "\u00a0") return 2;
    const auto three = query_.substr(i, 3);
    return three == "\u2009" || three == "\u202f" || three == "\u3000" ? 3 : 0;
}

void Parser::skip_spaces() {
    while (const auto length = space_at(at_)) at_ += length;
}

// A word of the language itself, standing alone.
bool Parser::keyword(std::string_view word) {
    const auto end = at_ + word.size();
    if (query_.substr(at_, word.size()) != word) return false;
    if (end < query_.size() && space_at(end) == 0 && query_[end] != '(' && query_[end] != '"')
        return false;
    at_ = end;
    return true;
}

NodePtr Parser::fail_at(std::size_t byte, std::string what, std::string hint) {
    if (!error_)
        error_ = QueryError{characters(query_.substr(0, byte)), std::move(what), std::move(hint)};
    return nullptr;
}

NodePtr Parser::node(Node::Kind kind, std::size_t begin) {
    auto made = std::make_unique<Node>();
    made->kind = kind;
    made->at = characters(query_.substr(0, begin));
    return made;
}

NodePtr Parser::many(Node::Kind kind, std::vector<NodePtr> children) {
    if (children.empty()) return nullptr;
    if (children.size() == 1) return std::move(children[0]);
    auto made = std::make_unique<Node>();
    made->kind = kind;
    made->at = children[0]->at;
    made->children = std::move(children);
    return made;
}

ParsedQuery Parser::parse() {
    ParsedQuery result;
    skip_spaces();
    if (done()) {
        result.root = node(Node::Kind::all, 0);
        return result;
    }
    auto root = either({});
    skip_spaces();
    if (!error_ && !done())
        fail_at(at_, "this bracket closes nothing", "remove it, or put ( before the words");
    if (!error_ && !root) fail_at(0, "there is no word to search for", "type a word or a number");
    if (error_)
        result.error = std::move(error_);
    else
        result.root = std::move(root);
    return result;
}

NodePtr Parser::either(Context context) {
    std::vector<NodePtr> children;
    for (;;) {
        auto child = both(context);
        if (error_) return nullptr;
        const auto end = at_;
        const bool more = keyword("OR") || keyword("ИЛИ") || keyword("|");
        if (!child && (more || !children.empty()))
            return fail_at(more ? end : std::min(at_, query_.size()),
                           "OR needs a word on both sides",
                           "write one OR other, or or in small letters for the word itself");
        if (child) children.push_back(std::move(child));
        if (!more) return many(Node::Kind::either, std::move(children));
    }
}

NodePtr Parser::both(Context context) {
    std::vector<NodePtr> children;
    for (;;) {
        skip_spaces();
        if (done() || peek() == ')') break;
        const auto before = at_;
        if (keyword("OR") || keyword("ИЛИ") || keyword("|")) {
            at_ = before;
            break;
        }
        if (keyword("AND") || keyword("И")) continue;
        auto child = unary(context);
        if (error_) return nullptr;
        if (child) children.push_back(std::move(child));
    }
    return many(Node::Kind::both, std::move(children));
}

NodePtr Parser::unary(Context& context) {
    const auto begin = at_;
    const bool minus = peek() == '-' && at_ + 1 < query_.size() && space_at(at_ + 1) == 0;
    if (!minus && !keyword("NOT")) return primary(context);
    if (minus) ++at_;
    skip_spaces();
    if (done() || peek() == ')')
        return minus ? nullptr
                     : fail_at(begin, "NOT needs a word after it", "write NOT word, or -word");
    if (++depth_ > depth_max) return fail_at(begin, "too many levels", "use fewer brackets");
    auto child = unary(context);
    --depth_;
    if (!child) return nullptr;
    auto made = node(Node::Kind::without, begin);
    made->children.push_back(std::move(child));
    return made;
}

NodePtr Parser::primary(Context& context) {
    const char c = peek();
    const bool digit = c >= '0' && c <= '9';
    if (digit || c == '+' || c == '(')
        if (auto found = number(context); found || error_) return found;
    if (c == '(') return group(context);
    if (c == '=' && at_ + 1 < query_.size() && space_at(at_ + 1) == 0) return exactly(context);
    if (c == '"') return quoted(context);
    for (const auto* open : {"\u00ab", "\u201c", "\u201e", "\u201d"})
        if (query_.substr(at_).starts_with(open)) return quoted(context);
    return word(context);
}

NodePtr Parser::group(Context context) {
    const auto begin = at_++;
    if (++depth_ > depth_max) return fail_at(begin, "too many levels", "use fewer brackets");
    auto inner = either(context);
    if (error_) return nullptr;
    --depth_;
    skip_spaces();
    if (peek() != ')')
        return fail_at(begin, "a closing bracket is missing", "put ) at the end, or quote the (");
    ++at_;
    if (!inner)
        return fail_at(begin, "the brackets are empty", "put words between them or remove them");
    return inner;
}

// The text up to the closing quote; sets the error when there is none.
std::string_view Parser::take_quoted(std::string_view close, std::size_t begin) {
    const auto end = query_.find(close, at_);
    if (end == std::string_view::npos) {
        fail_at(begin, "a closing quote is missing", "put \" at the end of the phrase");
        return {};
    }
    const auto text = query_.substr(at_, end - at_);
    at_ = end + close.size();
    return text;
}

// "…", «…», “…”, „…“. A typographic quote that is never closed is punctuation, not an error.
NodePtr Parser::quoted(Context context) {
    const auto begin = at_;
    std::string_view text;
    if (peek() == '"') {
        ++at_;
        text = take_quoted("\"", begin);
    } else {
        const auto open = query_.substr(at_, decode(query_, at_).length);
        at_ += open.size();
        const std::string_view close = open == "\u00ab"   ? "\u00bb"
                                       : open == "\u201e" ? "\u201c"
                                                          : "\u201d";
        if (query_.find(close, at_) == std::string_view::npos) return nullptr;
        text = take_quoted(close, begin);
    }
    if (error_) return nullptr;
    if (context.field) return field_value(*context.field, text, true, begin, begin);
    auto made = text_node(Node::Kind::phrase, text, begin, context);
    if (!made && !error_)
        return fail_at(begin, "there is no word between the quotes", "type a word between them");
    return made;
}

NodePtr Parser::exactly(Context context) {
    const auto begin = at_++;
    std::string_view text;
    if (peek() == '"') {
        ++at_;
        text = take_quoted("\"", begin);
        if (error_) return nullptr;
    } else {
        text = bare();
        at_ += text.size();
    }
    auto made = text_node(Node::Kind::exact, text, begin, context);
    if (!made && !error_)
        return fail_at(begin, "there is no word after =", "write =\"exactly as written\"");
    return made;
}

// A telephone number or a sum that is written with spaces or brackets is one word.
NodePtr Parser::number(Context context) {
    const auto found = scan_number(query_, at_);
    if (!found || context.field) return nullptr;
    const auto begin = at_;
    const auto text = query_.substr(begin, found->end - begin);
    const bool broken = text.find_first_of(" ()") != std::string_view::npos ||
                        text.find('\xc2') != std::string_view::npos ||
                        text.find('\xe2') != std::string_view::npos;
    const bool ends = found->end == query_.size() || space_at(found->end) > 0 ||
                      query_[found->end] == ')' || query_[found->end] == ',';
    if (!broken || !ends) return nullptr;
    if (found->kind == Number::Kind::phone) {
        at_ = found->end;
        return text_node(Node::Kind::word, text, begin, context);
    }
    if (!found->spaced) return nullptr;
    // "12 500" may be a sum or two numbers: the sum in any notation, or both of them.
    at_ = found->end;
    std::vector<NodePtr> pieces;
    for (std::size_t i = begin; i < found->end;) {
        const auto space = space_at(i);
        if (space > 0) {
            i += space;
            continue;
        }
        auto end = i;
        while (end < found->end && space_at(end) == 0) ++end;
        auto piece = text_node(Node::Kind::word, query_.substr(i, end - i), i, context);
        if (error_) return nullptr;
        if (piece) pieces.push_back(std::move(piece));
        i = end;
    }
    std::vector<NodePtr> readings;
    readings.push_back(text_node(Node::Kind::word, text, begin, context));
    if (error_) return nullptr;
    readings.push_back(many(Node::Kind::both, std::move(pieces)));
    return many(Node::Kind::either, std::move(readings));
}

// Up to the next space, bracket or quote.
std::string_view Parser::bare() const {
    auto end = at_;
    while (end < query_.size() && space_at(end) == 0 && query_[end] != '(' && query_[end] != ')' &&
           query_[end] != '"')
        ++end;
    return query_.substr(at_, end - at_);
}

NodePtr Parser::word(Context& context) {
    const auto begin = at_;
    const auto text = bare();
    at_ += text.size();
    if (context.field) return field_value(*context.field, text, false, begin, begin);
    return field_or_word(text, begin, context);
}

NodePtr Parser::field_or_word(std::string_view text, std::size_t begin, Context& context) {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && colon > 0) {
        const auto name = fold(text.substr(0, colon));
        const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
        });
        if (name == "subject" || name == "тема") {
            at_ = begin + colon + 1;
            auto subject = context;
            subject.in_subject = true;
            if (done() || space_at(at_) > 0)
                return fail_at(begin, "the field has no value", "write subject:word");
            return primary(subject);
        }
        if (const auto* known = field_named(name)) {
            at_ = begin + colon + 1;
            return field(*known, begin, context);
        }
        const auto rest = text.substr(colon + 1);
        if (letters && !rest.empty() && !rest.starts_with("//") && name != "http") {
            const auto nearest = nearest_field(name);
            return fail_at(begin,
                           "there is no field \"" + name + "\"",
                           nearest.empty() ? "put quotes around it to search for the text itself"
                                           : "did you mean " + nearest + ": ?");
        }
    }
    const auto star = text.find('*');
    if (star == std::string_view::npos) return text_node(Node::Kind::word, text, begin, context);
    if (star + 1 != text.size())
        return fail_at(
            begin + star, "a star stands only at the end of a word", "write the beginning and *");
    const auto stem = text.substr(0, star);
    if (characters(fold(stem)) < prefix_letters_min)
        return fail_at(begin + star,
                       "at least 4 letters must stand before the star",
                       "write more of the word");
    return text_node(Node::Kind::prefix, stem, begin, context);
}

// Null without an error when the text holds no word (a dash, a bracket of a smiley).
NodePtr Parser::text_node(Node::Kind kind,
                          std::string_view text,
                          std::size_t begin,
                          Context context) {
    std::size_t words = 0;
    analyser_.analyse(text, Use::query, [&](const Token&) { return ++words <= terms_max; });
    if (words == 0) return nullptr;
    terms_ += words;
    if (terms_ > terms_max) return fail_at(begin, "more than 64 words", "use fewer words");
    auto made = node(kind, begin);
    made->text = text;
    made->in_subject = context.in_subject;
    return made;
}

ParsedQuery parse_query(std::string_view query, Instant now) {
    ParsedQuery refused;
    if (query.size() > query_bytes_max) {
        refused.error = QueryError{characters(query.substr(0, query_bytes_max)),
                                   "the query is longer than 4,096 bytes",
                                   "search for a few words of it"};
        return refused;
    }
    if (!valid_utf8(query)) {
        std::size_t i = 0;
        while (decode(query, i).valid) i += decode(query, i).length;
        refused.error = QueryError{characters(query.substr(0, i)), "this is no UTF-8 text", ""};
        return refused;
    }
    return Parser(query, now).parse();
}

std::string show_error(std::string_view query, const QueryError& error) {
    std::string line = repaired_utf8(query);
    for (auto& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    auto sentence = error.what;
    if (!error.hint.empty()) sentence += ": " + error.hint;
    return line + "\n" + std::string(error.at, ' ') + "^\n" + sentence + "\n";
}

}  // namespace letopis::text
