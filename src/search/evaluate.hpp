// SPDX-License-Identifier: AGPL-3.0-or-later
// The tree of a query to the set of rows it finds in a shard. What FTS5 can answer by itself goes
// to it as one expression; dates are ranges of rows; sizes, rights and changeable properties are
// sets of rows that are joined with its answer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "search/session.hpp"

namespace letopis::search {

struct Expression {
    std::string text;
    bool phrases_only = false;  // phrases joined by OR, at most
    std::string key;            // of the set of rows that a shard may keep ready for it
    std::string besides;        // an expression whose rows belong to it too
};

class Evaluation {
public:
    // Asks request.resolve for what the query needs. The request and the session must outlive it.
    static Result<Evaluation> make(Session& session, const Request& request);

    // Living rows that the query finds and the scope allows.
    Result<Bitmap> rows(ShardView& shard);
    // What the rows are ranked by: the whole query where it is one expression, else its words.
    // nullopt: no words in it.
    std::optional<Expression> ranking() const;
    bool exact() const { return exact_; }

    // From now on rows() leaves the texts of ="exactly" uncompared where every message must have
    // them, so that a page reads no more of them than it shows. false: there is none.
    bool put_off_texts();
    Result<void> compare_texts(ShardView& shard, Bitmap& rows);  // of those that were put off
    Result<bool> compare_texts(Seq seq);

private:
    Evaluation(Session& session, const Request& request) : session_(session), request_(request) {}
    struct Range {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };

    Result<void> prepare(const text::Node& node);
    std::optional<Expression> expression(const text::Node& node) const;
    std::optional<Expression> make_expression(const text::Node& node);
    std::optional<Expression> words_expression(const text::Node& node);
    std::optional<Expression> field_expression(const text::Node& node);
    std::optional<Expression> list_expression(const text::Node& node);
    std::vector<std::string> terms_of(std::string_view text);
    static std::string ready_key(const std::vector<std::string>& terms);

    Result<Bitmap> evaluate(ShardView& shard, const text::Node& node, Range range);
    // The rows of a word, a phrase or a beginning that are kept; whoever keeps what was found asks
    // FTS5 for what is not. nullopt: ask FTS5 yourself.
    Result<std::optional<Bitmap>> ready_rows(ShardView& shard, const text::Node& node, Range range);
    Result<std::optional<Bitmap>> known_rows(ShardView& shard,
                                             const Expression& wanted,
                                             Range range);
    Result<bool> any_ready(ShardView& shard, const text::Node& node);
    Result<Bitmap> evaluate_both(ShardView& shard, const text::Node& node, Range range);
    Result<Bitmap> evaluate_either(ShardView& shard, const text::Node& node, Range range);
    Result<Bitmap> evaluate_field(ShardView& shard, const text::Node& node, Range range);
    Result<void> keep_trait(ShardView& shard, const text::Node& node, bool wanted, Bitmap& rows);
    Result<Bitmap> candidates(ShardView& shard, const text::Node& node, Range range);
    Result<Bitmap> evaluate_exact(ShardView& shard, const text::Node& node, Range range);
    bool is_put_off(const text::Node& node) const;
    Result<void> keep_exact(ShardView& shard, const text::Node& node, Bitmap& rows);
    Result<Range> date_range(ShardView& shard, const text::Node& node, Range range);
    Result<void> keep_scope(ShardView& shard, Bitmap& rows);
    Result<Bitmap> scope_rows(ShardView& shard);
    Result<std::vector<bool>> allowed_groups(ShardView& shard);
    void collect_words(const text::Node& node, bool positive, std::string& out) const;

    Session& session_;
    const Request& request_;
    std::map<const text::Node*, std::optional<Expression>> expressions_;
    std::map<const text::Node*, std::vector<std::uint64_t>> resolved_;  // sorted
    std::vector<const text::Node*> put_off_;
    std::size_t exact_checks_ = 0;
    bool exact_ = true;
};

// Fields that are a column: cheap to look at in the rows that are left.
bool is_trait(const text::Node& node);
// FTS5 expressions in brackets, with an operation between them.
std::string joined(const std::vector<std::string>& parts, std::string_view operation);

// True when `text` has the words of `wanted` exactly as written, as whole words (case, ё and the
// kind of white space do not count).
bool says_exactly(std::string_view text, std::string_view wanted);

}  // namespace letopis::search
