// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <map>

#include "search/engine_state.hpp"
#include "search/evaluate.hpp"

namespace letopis::search {

namespace {

constexpr std::size_t candidates_max = 5;

struct Candidate {
    std::string word;
    int changes = 0;
    std::uint64_t docs = 0;
};

void consider(std::vector<Candidate>& candidates, const Word& word, int changes) {
    const auto same = std::find_if(
        candidates.begin(), candidates.end(), [&](const auto& c) { return c.word == word.text; });
    if (same != candidates.end()) {
        same->docs += word.docs;
        same->changes = std::min(same->changes, changes);
        return;
    }
    candidates.push_back({word.text, changes, word.docs});
}

// How many messages have the word, and whether one of them is in scope.
struct Use {
    std::uint64_t docs = 0;
    bool in_scope = false;
};

Result<Use> use_of(Session& session, const std::string& word, const Scope& scope) {
    text::Node node;
    node.kind = text::Node::Kind::word;
    node.text = word;
    const Request everywhere{.query = node};
    const Request in_scope{.query = node, .scope = scope};
    TRY(auto all, Evaluation::make(session, everywhere));
    TRY(auto allowed, Evaluation::make(session, in_scope));
    Use use;
    for (auto& shard : session.shards()) {
        TRY(const auto rows, all.rows(*shard));
        use.docs += rows.count();
        if (use.in_scope) continue;
        TRY(const auto visible, allowed.rows(*shard));
        use.in_scope = !visible.empty();
    }
    return use;
}

}  // namespace

Result<std::optional<std::string>> Engine::did_you_mean(std::string_view word,
                                                        const Scope& scope) const {
    const auto folded = text::fold(word);
    const auto wanted = letters_of(folded);
    if (wanted.size() < 3 || wanted.size() > 40) return std::nullopt;
    const auto other_layout = text::fold(text::other_layout(word));
    const auto other = letters_of(other_layout);
    const int changes_max = wanted.size() < 5 ? 1 : 2;
    TRY(auto session, Borrowed::take(*state_));
    std::vector<Candidate> candidates;
    const auto stem = session->analyser().term(folded);
    std::uint64_t living = 0;
    for (auto& shard : session->shards()) living += shard->rows() - shard->dead().size();
    const auto docs_min = docs_to_be_a_word(living);
    TRY(const auto own, use_of(*session, folded, scope));
    if (own.in_scope && own.docs >= docs_min) return std::nullopt;  // it is a word here
    for (auto& shard : session->shards()) {
        TRY(const auto words, shard->words());
        for (const auto& known : *words) {
            if (known.text == other_layout) {
                consider(candidates, known, 0);
                continue;
            }
            // A letter of two bytes counts twice here, which only lets a few more through.
            const auto difference = known.text.size() > folded.size()
                                        ? known.text.size() - folded.size()
                                        : folded.size() - known.text.size();
            if (difference > 4 || known.text == folded) continue;
            const auto letters = letters_of(known.text);
            const int changes = changes_between(wanted, letters, changes_max);
            if (changes <= changes_max) consider(candidates, known, changes);
        }
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        if (a.changes != b.changes) return a.changes < b.changes;
        return a.docs != b.docs ? a.docs > b.docs : a.word < b.word;
    });
    std::size_t tried = 0;
    for (const auto& candidate : candidates) {
        if (session->analyser().term(candidate.word) == stem) continue;
        if (++tried > candidates_max) break;
        // Enough messages say so, whoever may see them; one of them must be in scope.
        TRY(const auto use, use_of(*session, candidate.word, scope));
        if (use.in_scope && use.docs >= docs_min) return candidate.word;
    }
    return std::nullopt;
}

}  // namespace letopis::search
