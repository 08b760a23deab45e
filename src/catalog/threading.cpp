// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/threading.hpp"

#include <algorithm>

#include "catalog/subject.hpp"

namespace letopis::catalog {

namespace {

constexpr std::int64_t flag_answer = 1;
constexpr std::int64_t flag_bare = 2;
constexpr std::size_t in_reply_to_max = 20;

bool same_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) {
               return lower(x) == lower(y);
           });
}

// Old mailers wrote "In-Reply-To: Anna <anna@client.example>'s message": an address is no id.
bool is_address_of(const model::Message& parsed, std::string_view id) {
    return std::any_of(parsed.parties.begin(), parsed.parties.end(), [&](const auto& party) {
        return same_letters(party.address, id);
    });
}

bool usable(const model::Message& parsed, std::string_view id) {
    return !id.empty() && id.size() <= name_bytes_max && id != parsed.message_id &&
           !is_address_of(parsed, id);
}

std::vector<std::string_view> usable_ids(const model::Message& parsed,
                                         const std::vector<std::string>& ids,
                                         std::size_t max,
                                         bool& cut) {
    std::vector<std::string_view> result;
    cut = cut || ids.size() > max;
    // The first is the root of the conversation, the last ones are the parents.
    const std::size_t skipped = ids.size() > max ? ids.size() - max : 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i >= 1 && i <= skipped) continue;
        if (usable(parsed, ids[i])) result.push_back(ids[i]);
    }
    return result;
}

std::vector<std::int64_t> addresses_of(const Row& row) {
    std::vector<std::int64_t> ids;
    ids.reserve(row.parties.size());
    for (const auto& party : row.parties) ids.push_back(party.address);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

// One shared address is not enough: everybody writes to the same info@ of the company.
bool share_participants(const Row& a, const Row& b) {
    if (a.list_id != 0 && a.list_id == b.list_id) return true;
    const auto ours = addresses_of(a);
    const auto theirs = addresses_of(b);
    std::vector<std::int64_t> both;
    std::set_intersection(
        ours.begin(), ours.end(), theirs.begin(), theirs.end(), std::back_inserter(both));
    return both.size() >= 2;
}

}  // namespace

Result<std::optional<std::int64_t>> Threading::message_of(std::string_view message_id) {
    TRY(auto* entry, store_.find_external(message_id));
    if (entry == nullptr) return std::nullopt;
    return entry->message;
}

Result<Placed> Threading::place(const model::Message& parsed, Row& row) {
    Placed placed;
    const bool has_id = !parsed.message_id.empty() && parsed.message_id.size() <= name_bytes_max;
    placed.id_dropped = !has_id && !parsed.message_id.empty();
    Own mine;
    if (has_id) {
        TRY(mine, own(parsed.message_id, row));
        placed.twin_of = mine.twin_of;
        row.external = mine.entry->id;
    }
    TRY(const auto parents, evidence(parsed, row, placed.references_cut));
    const auto subject = base_subject(parsed.subject);
    row.answer = subject.is_answer;
    row.bare = parents.empty();

    auto*& conversation = placed.conversation;
    ExternalEntry* index = nullptr;
    if (store_.options().threading == ThreadingRule::subject_only_for_test) {
        TRY(index, store_.external("\x02" + subject.base));
        if (index->conversation != 0) TRY_DO(join(conversation, index->conversation));
    } else {
        if (mine.binds && mine.entry->conversation != 0)
            TRY_DO(join(conversation, mine.entry->conversation));
        for (const auto* parent : parents)
            if (parent->conversation != 0) TRY_DO(join(conversation, parent->conversation));
        if (!parsed.thread_index.empty() && parsed.thread_index.size() <= name_bytes_max) {
            TRY(index, store_.external("\x01" + parsed.thread_index));
            if (parents.empty() && index->conversation != 0) {
                row.bare = false;
                TRY_DO(join(conversation, index->conversation));
            }
        }
        if (row.bare && !subject.base.empty())
            TRY_DO(subject.is_answer ? join_by_subject(conversation, row, subject.base)
                                     : join_answers(conversation, row, subject.base));
    }
    if (conversation == nullptr) {
        conversation = store_.new_conversation();
        conversation->first = row.seq;
    }
    if (mine.binds) TRY_DO(bind(mine.entry, conversation));
    for (auto* parent : parents) TRY_DO(bind(parent, conversation));
    if (index != nullptr) TRY_DO(bind(index, conversation));
    if (!subject.base.empty())
        TRY_DO(store_.run(add_subject_,
                          store_.hash(subject.base),
                          row.sort_ms,
                          row.seq,
                          (row.answer ? flag_answer : 0) | (row.bare ? flag_bare : 0)));
    return placed;
}

Result<Threading::Own> Threading::own(std::string_view message_id, const Row& row) {
    Own mine;
    TRY(mine.entry, store_.external(message_id));
    if (!mine.entry->message) {
        mine.entry->message = row.seq;
        store_.touch(*mine.entry);
        mine.binds = true;
        return mine;
    }
    TRY(mine.twin_of, twin(*mine.entry, row));
    mine.binds = mine.twin_of.has_value();
    if (!mine.binds) {
        // A list's copy with a footer belongs here too; another letter with the same id does not.
        TRY(const auto first, store_.row(*mine.entry->message, Depth::list));
        mine.binds = first && base_without_tags(first->subject) == base_without_tags(row.subject);
    }
    TRY_DO(store_.run(add_same_id_, mine.entry->id, row.seq));
    return mine;
}

Result<std::optional<std::int64_t>> Threading::twin(const ExternalEntry& entry, const Row& row) {
    std::vector<std::int64_t> others{*entry.message};
    {
        TRY(auto found, store_.rows(same_id_, entry.id));
        for (;;) {
            TRY(const bool there, found.next());
            if (!there) break;
            others.push_back(found->integer(0));
        }
    }
    for (const auto seq : others) {
        TRY(const auto other, store_.row(seq, Depth::list));
        if (other && other->content == row.content) return seq;
    }
    return std::nullopt;
}

Result<std::vector<ExternalEntry*>> Threading::evidence(const model::Message& parsed,
                                                        Row& row,
                                                        bool& cut) {
    std::vector<ExternalEntry*> parents;
    std::vector<ExternalEntry*> answered;
    for (const auto id : usable_ids(parsed, parsed.references, references_max, cut)) {
        TRY(auto* entry, store_.external(id));
        parents.push_back(entry);
        row.references.push_back(entry->id);
    }
    for (const auto id : usable_ids(parsed, parsed.in_reply_to, in_reply_to_max, cut)) {
        TRY(auto* entry, store_.external(id));
        answered.push_back(entry);
        row.in_reply_to.push_back(entry->id);
    }
    return parents.empty() ? answered : parents;
}

Result<void> Threading::bind(ExternalEntry* entry, ConversationEntry* conversation) {
    if (entry->conversation != 0) return {};
    entry->conversation = conversation->id;
    store_.touch(*entry);
    return {};
}

Result<void> Threading::join(ConversationEntry*& into, std::int64_t conversation) {
    TRY(auto* other, store_.conversation(conversation));
    if (into == nullptr)
        into = other;
    else if (into != other) {
        TRY(into, unite(into, other));
    }
    return {};
}

Result<ConversationEntry*> Threading::unite(ConversationEntry* one, ConversationEntry* other) {
    const bool keep_one =
        one->messages != other->messages ? one->messages > other->messages : one->id < other->id;
    auto* kept = keep_one ? one : other;
    auto* gone = keep_one ? other : one;
    TRY_DO(store_.run(move_, kept->id, gone->id));
    kept->first = std::min(kept->first, gone->first);
    kept->messages += gone->messages;
    gone->messages = 0;
    gone->merged = kept->id;
    store_.touch(*kept);
    store_.touch(*gone);
    --store_.counters.conversations;
    return kept;
}

// ---- by subject

Result<std::vector<Threading::Candidate>> Threading::candidates(Query& query,
                                                                std::int64_t hash,
                                                                std::int64_t from_ms,
                                                                std::int64_t to_ms) {
    std::vector<Candidate> result;
    TRY(auto found, store_.rows(query, hash, from_ms, to_ms));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        result.push_back({found->integer(0), found->integer(1)});
    }
}

Result<std::optional<std::int64_t>> Threading::conversation_if_shared(const Candidate& candidate,
                                                                      const Row& row,
                                                                      const std::string& base) {
    TRY(const auto other, store_.row(candidate.seq, Depth::full));
    if (!other || base_subject(other->subject).base != base || !share_participants(*other, row))
        return std::nullopt;
    return other->conversation;
}

// An answer without references belongs to the nearest mail before it, else to the nearest after it.
Result<void> Threading::join_by_subject(ConversationEntry*& into,
                                        const Row& row,
                                        const std::string& base) {
    const auto hash = store_.hash(base);
    TRY(auto near, candidates(before_, hash, row.sort_ms - subject_window_ms, row.sort_ms));
    TRY(const auto later,
        candidates(after_, hash, row.sort_ms + 1, row.sort_ms + subject_window_ms));
    near.insert(near.end(), later.begin(), later.end());
    for (const auto& candidate : near) {
        TRY(const auto conversation, conversation_if_shared(candidate, row, base));
        if (conversation) return join(into, *conversation);
    }
    return {};
}

// A mail that begins a subject, arriving after answers that could not name it.
Result<void> Threading::join_answers(ConversationEntry*& into,
                                     const Row& row,
                                     const std::string& base) {
    const auto hash = store_.hash(base);
    TRY(const auto later, candidates(after_, hash, row.sort_ms, row.sort_ms + subject_window_ms));
    for (const auto& candidate : later) {
        if (candidate.flags != (flag_answer | flag_bare)) continue;
        TRY(const auto conversation, conversation_if_shared(candidate, row, base));
        if (conversation) TRY_DO(join(into, *conversation));
    }
    return {};
}

}  // namespace letopis::catalog
