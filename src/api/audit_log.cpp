// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/audit_log.hpp"

#include <algorithm>

#include "api/directory.hpp"
#include "app/views.hpp"
#include "text/analyser.hpp"

namespace letopis::api {

namespace json = boost::json;
using app::json_text;
using journal::Kind;

namespace {

constexpr std::size_t looked_at_max = 5000;
// For whom each record is held against a scope.
constexpr std::size_t compared_max = 500;

bool is_change(Kind kind) {
    return kind == Kind::people || kind == Kind::settings || kind == Kind::preferences ||
           kind == Kind::tag;
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string()
               ? std::string(value->get_string().data(), value->get_string().size())
               : std::string();
}

std::optional<std::uint64_t> number_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    boost::system::error_code error;
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const auto number = value->to_number<std::uint64_t>(error);
    return error ? std::nullopt : std::optional(number);
}

std::vector<Seq> ids_in(const json::object& object) {
    std::vector<Seq> ids;
    const auto* list = object.if_contains("ids");
    if (list == nullptr || !list->is_array()) return ids;
    for (const auto& id : list->get_array()) {
        boost::system::error_code error;
        const auto number = id.is_number() ? id.to_number<std::uint64_t>(error) : 0;
        if (id.is_number() && !error) ids.emplace_back(number);
    }
    return ids;
}

// Whom a change of people is about: an id, or the name of what has none yet.
std::string target_of(const json::object& object) {
    for (const auto* name : {"user", "group", "token", "of", "invitation"})
        if (auto id = text_in(object, name); !id.empty()) return id;
    for (const auto* name : {"new_user", "group", "token", "search", "request"})
        if (const auto* inner = object.if_contains(name); inner != nullptr && inner->is_object())
            for (const auto* field : {"login", "name", "action"})
                if (auto text = text_in(inner->get_object(), field); !text.empty()) return text;
    if (const auto* inner = object.if_contains("invitation"); inner && inner->is_object())
        return text_in(inner->get_object(), "user");
    return {};
}

std::string name_of(const access::People& people, const std::string& id) {
    if (const auto* user = people.user(id)) return user->name;
    if (const auto* group = people.group(id)) return group->name;
    return id;
}

void read_access(const json::object& object, Kind kind, AuditRow& row) {
    row.kind = journal::name(kind);
    row.user = text_in(object, "user");
    row.name = text_in(object, "who");
    row.peer = text_in(object, "peer");
    row.token = text_in(object, "token");
    row.what = text_in(object, kind == Kind::search ? "query" : "what");
    row.total = number_in(object, "total");
    row.messages = ids_in(object);
}

void read_change(const json::object& object, Kind kind, AuditRow& row) {
    row.kind = "change";
    row.user = text_in(object, "by");
    if (kind == Kind::settings) {
        row.what = "settings";
        row.about = text_in(object, "changed");
    }
    if (kind == Kind::preferences) row.what = "preferences";
    if (kind == Kind::tag) {
        const auto* on = object.if_contains("on");
        const bool off = on != nullptr && on->is_bool() && !on->get_bool();
        row.what = off ? "tag_removed" : "tag_put";
        row.about = text_in(object, "tag");
        if (const auto id = number_in(object, "message")) row.messages.emplace_back(*id);
    }
    if (kind == Kind::people) {
        row.what = text_in(object, "change");
        row.about = target_of(object);
    }
}

bool fits(const AuditRow& row, const AuditWish& wish) {
    if (!wish.kind.empty() && row.kind != wish.kind) return false;
    if (!wish.but_not.empty() && row.user == wish.but_not) return false;
    if (!wish.peer.empty() && !row.peer.starts_with(wish.peer)) return false;
    if ((wish.from && row.at < *wish.from) || (wish.until && row.at >= *wish.until)) return false;
    if (!wish.messages) return true;
    if (std::ranges::find(wish.about, row.what) != wish.about.end()) return true;
    return std::ranges::any_of(row.messages,
                               [&](Seq id) { return wish.messages->contains(id.value()); });
}

// What somebody with a narrow scope learns of a row; false: nothing.
Result<bool> narrowed(AuditRow& row, const access::Caller& caller, app::Find& find) {
    if (row.user == caller.user) return true;
    const bool about_content = row.kind == "search" || row.kind == "open" ||
                               row.kind == "exported" || !row.messages.empty();
    if (!about_content) return true;
    TRY(row.messages, find.visible(row.messages));
    if (row.messages.empty()) return false;
    if (row.kind == "search") {
        row.what.clear();
        row.total.reset();
        row.words_hidden = true;
    }
    return true;
}

}  // namespace

json::object row_json(const AuditRow& row) {
    json::object item{
        {"record", row.record.value()},
        {"at", json_text(rfc3339(row.at))},
        {"kind", json_text(row.kind)},
        {"who", json::object{{"id", json_text(row.user)}, {"name", json_text(row.name)}}},
        {"what", json_text(row.what)},
        {"peer", json_text(row.peer)}};
    if (!row.token.empty()) item["token"] = json_text(row.token);
    if (!row.about.empty()) item["about"] = json_text(row.about);
    if (row.total) item["total"] = *row.total;
    if (row.words_hidden) item["words_hidden"] = true;
    if (row.kind != "login" && row.kind != "denied") item["messages"] = row.messages.size();
    if (row.messages.size() == 1) item["message"] = row.messages.front().value();
    return item;
}

Result<std::shared_ptr<const std::vector<Seq>>> AuditLog::changes() {
    const std::lock_guard lock(mutex_);
    const Seq end(archive_.journal().head().records);
    if (end == looked_to_) return changes_;
    auto grown = std::make_shared<std::vector<Seq>>(*changes_);
    TRY_DO(archive_.journal().each_of(
        journal::LeafType::state_change, looked_to_, [&](journal::Record&& record) -> Result<bool> {
            if (record.seq >= end) return false;
            if (is_change(record.kind)) grown->push_back(record.seq);
            return true;
        }));
    looked_to_ = end;
    if (grown->size() != changes_->size()) changes_ = std::move(grown);
    return changes_;
}

// How many leaves of the access log stand before this record.
Result<std::uint64_t> AuditLog::leaf_before(Seq record) {
    auto& journal = archive_.journal();
    std::uint64_t low = 0;
    auto high = journal.head().leaves[static_cast<std::size_t>(journal::Origin::audit)];
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        TRY(const auto seq, journal.at_leaf(journal::Origin::audit, middle));
        if (seq < record)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

Result<std::optional<AuditRow>> AuditLog::row_of(Seq seq, const AuditWish& wish) {
    TRY(const auto record, archive_.journal().read(seq, journal::Contents::skip));
    boost::system::error_code error;
    const auto value = json::parse(record.descriptor, error);
    if (error || !value.is_object()) return std::optional<AuditRow>();
    AuditRow row{.record = seq, .at = record.at};
    if (is_change(record.kind))
        read_change(value.get_object(), record.kind, row);
    else
        read_access(value.get_object(), record.kind, row);
    if (!fits(row, wish)) return std::optional<AuditRow>();
    const auto login = directory_.read([&](const access::People& people) {
        const auto* user = people.user(row.user);
        if (row.name.empty()) row.name = user ? user->name : row.user;
        if (!row.about.empty()) row.about = name_of(people, row.about);
        return user ? user->login : std::string();
    });
    if (!wish.who.empty() && wish.who != row.user && wish.who != login &&
        text::fold(row.name).find(text::fold(wish.who)) == std::string::npos)
        return std::optional<AuditRow>();
    if (!wish.text.empty() && text::fold(row.what).find(wish.text) == std::string::npos &&
        text::fold(row.about).find(wish.text) == std::string::npos)
        return std::optional<AuditRow>();
    return std::optional(std::move(row));
}

Result<AuditPage> AuditLog::page(const AuditWish& wish,
                                 std::optional<Seq> cursor,
                                 std::size_t limit,
                                 const access::Caller& caller,
                                 app::Find& find) {
    auto& journal = archive_.journal();
    const auto before = cursor.value_or(Seq(journal.head().records));
    TRY(const auto changes, this->changes());
    TRY(auto leaf, leaf_before(before));
    auto change =
        static_cast<std::size_t>(std::ranges::lower_bound(*changes, before) - changes->begin());
    const bool whole = access::sees_whole_log(caller);
    const auto most = whole ? looked_at_max : compared_max;
    AuditPage page;
    auto last = before;
    for (std::size_t looked = 0;
         (leaf > 0 || change > 0) && page.rows.size() < limit && looked < most;
         ++looked) {
        std::optional<Seq> access;
        if (leaf > 0) {
            TRY(access, journal.at_leaf(journal::Origin::audit, leaf - 1));
        }
        const bool is_access = access && (change == 0 || *access > (*changes)[change - 1]);
        last = is_access ? *access : (*changes)[change - 1];
        is_access ? --leaf : --change;
        TRY(auto row, row_of(last, wish));
        if (!row) continue;
        bool shown = true;
        if (!whole) {
            TRY(shown, narrowed(*row, caller, find));
        }
        if (shown) page.rows.push_back(std::move(*row));
    }
    if (leaf > 0 || change > 0) page.cursor = last;
    return page;
}

}  // namespace letopis::api
