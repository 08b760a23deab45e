// SPDX-License-Identifier: AGPL-3.0-or-later
// Conversations, documents and people.
#include "catalog/answers.hpp"

#include <algorithm>
#include <limits>

#include "catalog/subject.hpp"

namespace letopis::catalog {

namespace {

constexpr std::int64_t names_shown = 20;
constexpr std::uint32_t page_max = 10'000;

}  // namespace

// ---- conversations

Result<std::vector<ConversationItem>> Answers::items(Query& query,
                                                     std::int64_t conversation,
                                                     std::int64_t sort_ms,
                                                     std::int64_t after,
                                                     std::uint32_t limit) {
    std::vector<ConversationItem> result;
    TRY(auto found, store_.rows(query, conversation, sort_ms, after, limit));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return result;
        ConversationItem item{.seq = seq_of(found->integer(0)),
                              .date = from_millis(found->integer(1)),
                              .twin_of = std::nullopt};
        if (!found->is_null(2)) item.twin_of = seq_of(found->integer(2));
        result.push_back(item);
    }
}

Result<ConversationPage> Answers::conversation(Seq message, const PageRequest& request) {
    TRY(const auto row, captured(number_of(message), Depth::list));
    if (row.conversation == 0)
        return fail(Errc::not_found, "this record belongs to no conversation yet");
    TRY(const auto entry, store_.read_conversation(row.conversation));
    ConversationPage page;
    TRY(page.name, name_of(entry));
    TRY(page.title, title_of(entry));
    page.channel = row.channel;
    page.messages = static_cast<std::uint64_t>(entry.messages);
    if (entry.messages == 0) return page;
    {
        TRY(auto span, store_.rows(get_span_, entry.id));
        TRY_DO(span.next());
        page.first_date = from_millis(span->integer(0));
        page.last_date = from_millis(span->integer(1));
    }
    const auto limit = std::clamp<std::uint32_t>(request.limit, 1, page_max);
    const bool backwards = request.before.has_value() && !request.after.has_value();
    auto at_ms = std::numeric_limits<std::int64_t>::min();
    std::int64_t at_seq = -1;
    if (request.after || request.before) {
        TRY(const auto edge,
            captured(number_of(backwards ? *request.before : *request.after), Depth::list));
        if (edge.conversation != row.conversation)
            return fail(Errc::invalid, "the page begins at a message of another conversation");
        at_ms = edge.sort_ms;
        at_seq = edge.seq;
    }
    // One more than asked tells whether there is more.
    TRY(page.items,
        items(backwards ? items_before_ : items_after_, entry.id, at_ms, at_seq, limit + 1));
    const bool more = page.items.size() > limit;
    if (more) page.items.pop_back();
    if (backwards) std::reverse(page.items.begin(), page.items.end());
    page.more_before = backwards ? more : request.after.has_value();
    page.more_after = backwards ? true : more;
    return page;
}

Result<std::optional<Seq>> Answers::chat(std::string_view source, std::string_view key) {
    TRY(const auto which, store_.source_id(source));
    if (!which) return std::nullopt;
    std::int64_t conversation = 0;
    {
        TRY(auto found, store_.rows(get_chat_, *which, key));
        TRY(const bool there, found.next());
        if (!there) return std::nullopt;
        conversation = found->integer(0);
    }
    TRY(const auto entry, store_.read_conversation(conversation));
    return seq_of(entry.first);
}

// ---- documents

Result<std::vector<Document>> Answers::docs_from(Seq from, std::size_t limit) {
    std::vector<Document> result;
    auto next = number_of(from);
    // Deletions are skipped, so a page may need more rows than documents.
    while (result.size() < limit) {
        const auto wanted = limit - result.size();
        std::size_t seen = 0;
        TRY(auto found, store_.rows(get_docs_, next, wanted));
        for (;;) {
            TRY(const bool there, found.next());
            if (!there) break;
            ++seen;
            Row row;
            row.seq = found->integer(0);
            row.sort_ms = found->integer(2);
            next = row.seq + 1;
            TRY_DO(unpack(found->blob(3), Depth::list, row));
            if (row.event == model::Event::deletion) continue;
            result.push_back(
                {seq_of(row.seq), seq_of(found->integer(1)), from_millis(row.sort_ms)});
        }
        if (seen < wanted) break;
    }
    return result;
}

// ---- people

Result<Correspondent> Answers::person(std::int64_t which, std::int64_t names_max) {
    Correspondent person;
    {
        TRY(auto found, store_.rows(get_person_, which));
        TRY(const bool there, found.next());
        if (!there) return fail(Errc::corrupt, "an address is missing in the catalogue");
        person.kind = static_cast<model::AddressKind>(found->integer(0));
        person.address = found->text(1);
        person.messages = found->number(2);
        person.first = seq_of(found->integer(3));
    }
    TRY(auto found, store_.rows(get_names_, which, names_max));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return person;
        person.names.push_back({std::string(found->text(0)), found->number(1)});
    }
}

Result<std::optional<Correspondent>> Answers::correspondent(model::AddressKind kind,
                                                            std::string_view address) {
    std::int64_t which = 0;
    {
        TRY(auto found, store_.rows(get_address_, kind, address));
        TRY(const bool there, found.next());
        if (!there) return std::nullopt;
        which = found->integer(0);
    }
    TRY(auto one, person(which, names_shown));
    return one;
}

Result<std::vector<Correspondent>> Answers::correspondents(std::string_view part,
                                                           std::size_t limit) {
    std::vector<std::int64_t> ids;
    {
        const auto folded = fold(part);
        TRY(auto found, store_.rows(search_people_, folded, limit));
        for (;;) {
            TRY(const bool there, found.next());
            if (!there) break;
            ids.push_back(found->integer(0));
        }
    }
    std::vector<Correspondent> result;
    for (const auto one : ids) {
        TRY(auto found, person(one, names_shown));
        result.push_back(std::move(found));
    }
    return result;
}

Result<void> Answers::each_correspondent(const std::function<void(const Correspondent&)>& take) {
    TRY(auto found, store_.rows(all_people_));
    for (;;) {
        TRY(const bool there, found.next());
        if (!there) return {};
        TRY(const auto one, person(found->integer(0), -1));
        take(one);
    }
}

}  // namespace letopis::catalog
