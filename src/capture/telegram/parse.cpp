// SPDX-License-Identifier: AGPL-3.0-or-later
// One entry of `messages` to values.
#include <array>
#include <charconv>
#include <memory_resource>

#include "capture/telegram/decode.hpp"
#include "capture/telegram/facts.hpp"
#include "capture/telegram/lexer.hpp"
#include "capture/telegram/media.hpp"
#include "capture/telegram/telegram.hpp"
#include "capture/telegram/words.hpp"

namespace letopis::capture::telegram {
namespace {

constexpr std::size_t json_depth_max = 64;
constexpr std::size_t tree_bytes_max = std::size_t(192) << 20;
constexpr std::int64_t last_second = 253402300799;  // of the year 9999

// The tree of a hostile entry ([0,0,0,…]) is many times its text: over the limit Boost.JSON sees a
// failed allocation, which parse() turns into "unparsed".
class Limited final : public boost::json::memory_resource {
    void* do_allocate(std::size_t bytes, std::size_t align) override {
        if (bytes > left_) throw std::bad_alloc();
        left_ -= bytes;
        return ::operator new(bytes, std::align_val_t(align));
    }
    void do_deallocate(void* at, std::size_t bytes, std::size_t align) override {
        left_ += bytes;
        ::operator delete(at, std::align_val_t(align));
    }
    bool do_is_equal(const boost::json::memory_resource& other) const noexcept override {
        return this == &other;
    }
    std::size_t left_ = tree_bytes_max;
};

void mark(model::Message& message, std::string_view name) {
    for (const auto& known : message.marks)
        if (known == name) return;
    message.marks.emplace_back(name);
}

void unparsed(model::Message& message, std::string_view why) {
    mark(message, "unparsed");
    if (message.mark_detail.empty()) message.mark_detail = why;
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// "2021-03-22T17:06:53" by the clock of the exporting computer.
std::optional<Instant> local_date(std::string_view text, const chat::Zone& zone) {
    if (const auto whole = parse_rfc3339(text)) return whole;
    if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    std::array<int, 6> parts{};
    constexpr std::array<std::pair<std::size_t, std::size_t>, 6> places{
        {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto value = number(text.substr(places[i].first, places[i].second));
        if (!value || *value < 0) return std::nullopt;
        parts[i] = static_cast<int>(*value);
    }
    return chat::from_local(zone, parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
}

std::optional<Instant> unix_date(const object& entry, std::string_view key) {
    const auto seconds = number(text_member(entry, key));
    if (!seconds || *seconds <= 0 || *seconds > last_second) return std::nullopt;
    return from_unix(*seconds);
}

void read_dates(const object& entry, const Facts& facts, model::Message& message) {
    message.sent_at = unix_date(entry, "date_unixtime");
    if (!message.sent_at) {
        message.sent_at = local_date(text_member(entry, "date"), facts.zone);
        message.zone_assumed = message.sent_at.has_value();
    }
    if (!message.sent_at) mark(message, "no_date");
    message.edited_at = unix_date(entry, "edited_unixtime");
    if (!message.edited_at)
        message.edited_at = local_date(text_member(entry, "edited"), facts.zone);
    // Old exports wrote the first day of 1970 for "never edited".
    if (message.edited_at && *message.edited_at < from_unix(2 * 86400)) message.edited_at.reset();
    message.edited = message.edited_at.has_value();
}

// "user123", "channel45", "chat6"; old exports wrote a bare number, which in a channel that speaks
// for itself is the channel's own.
std::string sender_key(std::string_view id, const Facts& facts) {
    const bool speaks_itself = peer_class(facts.header.type) == "channel" && id == facts.header.id;
    if (!id.empty() && speaks_itself) return facts.header.key();
    return peer_key("user", id);
}

model::Party party(model::Role role, std::string key, std::string name) {
    const bool known = !key.empty();
    return {.role = role,
            .kind = known ? model::AddressKind::telegram : model::AddressKind::name,
            .address = known ? std::move(key) : name,
            .name = std::move(name)};
}

void add_party(model::Message& message, model::Party one) {
    if (!one.address.empty()) message.parties.push_back(std::move(one));
}

// Who the words went to. In a chat of two, whoever is not the other side is the owner.
void add_receiver(const Facts& facts, std::string_view from, model::Message& message) {
    const auto peer = facts.header.key();
    if (peer.empty() || from.empty()) return;
    const bool two = peer_class(facts.header.type) == "user";
    if (two && from == peer)
        add_party(message, party(model::Role::to, facts.owner, {}));
    else
        add_party(message, party(model::Role::to, peer, facts.header.name));
}

void read_parties(const object& entry, const Facts& facts, model::Message& message) {
    const bool actor = entry.contains("actor") || entry.contains("actor_id");
    const auto name = text_member(entry, actor ? "actor" : "from");
    const auto key = sender_key(text_member(entry, actor ? "actor_id" : "from_id"), facts);
    auto from = party(model::Role::from, key, name);
    if (from.address.empty())
        mark(message, "no_from");
    else
        message.parties.push_back(std::move(from));
    if (const auto author = text_member(entry, "author"); !author.empty())
        add_party(message, party(model::Role::sender, {}, author));
    add_receiver(facts, key, message);
    const auto forwarded = text_member(entry, "forwarded_from");
    add_party(message,
              party(model::Role::forwarded_from,
                    peer_key("user", text_member(entry, "forwarded_from_id")),
                    forwarded));
    const auto saved = text_member(entry, "saved_from");
    if (saved != forwarded) add_party(message, party(model::Role::forwarded_from, {}, saved));
}

void read_ids(const object& entry, const Facts& facts, model::Message& message) {
    message.message_id = text_member(entry, "id");
    if (!number(message.message_id)) message.message_id.clear();
    message.conversation = facts.header.key();
    if (message.conversation.empty() && !facts.header.name.empty())
        message.conversation = "name:" + facts.header.name;
    const auto replied = text_member(entry, "reply_to_message_id");
    if (!number(replied)) return;
    const auto elsewhere = peer_key("user", text_member(entry, "reply_to_peer_id"));
    message.in_reply_to.push_back(elsewhere.empty() ? replied : elsewhere + "/" + replied);
}

void read_entry(const object& entry, const Facts& facts, model::Message& message) {
    const auto type = text_member(entry, "type");
    read_ids(entry, facts, message);
    if (type == "unsupported") {
        unparsed(message, "the program that exported it did not know this kind of message");
        return;
    }
    read_dates(entry, facts, message);
    read_parties(entry, facts, message);
    read_text(entry, message);
    read_media(entry, message);
    if (type == "service") {
        read_service(entry, facts.header.name, message);
    } else {
        add_words(entry, message);
        if (type != "message") mark(message, "ambiguous");
    }
}

// What can be picked out of an entry that is not JSON.
void salvage(std::string_view raw, const Facts& facts, model::Message& message) {
    object entry;
    Members walk(raw);
    while (walk.next()) {
        const auto one = walk.value();
        if (one.empty() || one.size() > chat::text_bytes_max) continue;
        if (one.front() == '"' && one.size() > 1)
            entry[unescape(walk.key())] = unescape(one.substr(1, one.size() - 2));
        else if (const auto whole = number(one))
            entry[unescape(walk.key())] = *whole;
    }
    read_ids(entry, facts, message);
    read_dates(entry, facts, message);
    read_parties(entry, facts, message);
    message.text = text_member(entry, "text");
}

void finish(std::string_view raw, model::Message& message) {
    bool repaired = false;
    const auto clean = [&](std::string& text) { text = chat::clean(text, &repaired); };
    if (message.text.find_first_of(std::string_view("\r\0", 2)) != std::string::npos) {
        clean(message.text);
        message.zones.clear();
    }
    for (auto& one : message.parties) {
        clean(one.name);
        clean(one.address);
    }
    for (auto* text : {&message.subject, &message.action, &message.conversation}) clean(*text);
    if (message.text.size() > chat::text_bytes_max) {
        message.text.resize(chat::prefix(message.text, chat::text_bytes_max).size());
        mark(message, "truncated");
    }
    constexpr std::size_t worth_it = 16;
    if (message.text.size() < worth_it) return;
    if (const auto at = raw.find(message.text); at != std::string_view::npos)
        message.slice = {static_cast<std::uint32_t>(at),
                         static_cast<std::uint32_t>(message.text.size())};
}

// The facts of a chat are the same for thousands of entries.
const Facts& facts_of(std::string_view json) {
    thread_local std::string last = "?";
    thread_local Facts facts;
    if (last != json) {
        facts = facts_from_json(json);
        last = json;
    }
    return facts;
}

// True when `raw` is JSON. `repaired`: it became so by repair().
bool read_json(std::string_view raw, const Facts& facts, bool repaired, model::Message& message) {
    std::array<unsigned char, 16 * 1024> first;
    Limited limited;
    boost::json::monotonic_resource memory(first.data(), first.size(), &limited);
    boost::json::error_code error;
    boost::json::parse_options options;
    options.max_depth = json_depth_max;
    const auto tree = boost::json::parse(raw, error, &memory, options);
    if (error || !tree.is_object()) return false;
    read_entry(tree.get_object(), facts, message);
    std::size_t written = 0;
    Members walk(raw);
    while (walk.next()) ++written;
    if (written > tree.get_object().size()) mark(message, "ambiguous");  // a key stands twice
    if (repaired && !chat::valid_utf8(raw)) mark(message, "charset_guessed");
    return true;
}

}  // namespace

model::Message parse(std::string_view raw, std::string_view context_facts) {
    model::Message message{.channel = model::Channel::telegram};
    const auto blank = message;
    try {
        const auto& facts = facts_of(context_facts);
        if (raw.size() > chat::parse_bytes_max) {
            unparsed(message, "larger than 32 MiB");
        } else if (!read_json(raw, facts, false, message)) {
            const bool bad_utf8 = !chat::valid_utf8(raw);
            if (!read_json(repair(raw), facts, true, message)) {
                unparsed(message, "not a JSON object, or nested too deep");
                salvage(raw, facts, message);
            }
            if (bad_utf8) mark(message, "charset_guessed");
        }
        finish(raw, message);
    } catch (const std::exception&) {
        message = blank;
        unparsed(message, "too large to be taken apart");
    }
    return message;
}

}  // namespace letopis::capture::telegram
