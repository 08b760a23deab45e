// SPDX-License-Identifier: AGPL-3.0-or-later
// The export as a stream: chats are found by their key "messages", wherever they stand, and each
// entry is cut out as the bytes it has.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "capture/chat/chat.hpp"
#include "capture/telegram/decode.hpp"
#include "capture/telegram/facts.hpp"
#include "capture/telegram/lexer.hpp"
#include "capture/telegram/telegram.hpp"

namespace letopis::capture::telegram {
namespace {

constexpr std::size_t depth_max = 64;         // of the document around the entries
constexpr std::size_t contacts_max = 100000;  // of which telephone numbers are remembered
constexpr std::size_t chats_max = 1000000;    // whose headers the first pass remembers
constexpr std::uint64_t looked_twice_max = 512 << 20;
constexpr std::uint64_t progress_step = 1 << 20;

struct Account {
    std::string owner;                                    // "user4242"
    std::unordered_map<std::string, std::string> phones;  // by "user4242", of the contact list
};

// What a first pass over the whole input found, for exports whose keys stand in an unusual order.
struct Survey {
    Account account;
    std::map<std::uint64_t, ChatHeader> headers;  // by the offset of the '[' of their messages
};

struct Frame {
    bool array = false;
    std::string key;  // under which it stands in the frame above
    ChatHeader header;
    std::string user_id, phone;  // of personal_information and of contacts
    std::optional<std::uint64_t> messages_at;
};

class Walk {
public:
    // sink null: the first pass, which skips the entries.
    Walk(Source& source, const Options& options, Sink* sink)
        : source_(source), options_(options), sink_(sink), lexer_(std::in_place, source) {}

    Result<void> run();
    Survey survey() { return {std::move(account_), std::move(headers_)}; }

private:
    Result<void> open(bool array);
    void close();
    void scalar(std::string value);
    Result<void> messages();
    Result<void> entry(std::string_view prefix);
    Result<void> damaged(const Slice& slice);
    Result<void> look_ahead(std::uint64_t at);
    void begin_context(const Frame& chat, bool nested);
    bool under(std::string_view key) const {
        return std::any_of(
            stack_.begin(), stack_.end(), [&](const Frame& f) { return f.key == key; });
    }
    std::string here() const { return fmt::format("entry at byte {}", lexer_->offset()); }

    Source& source_;
    const Options& options_;
    Sink* sink_;
    std::optional<Lexer> lexer_;  // always there; made anew after a seek
    std::vector<Frame> stack_;
    std::string key_;         // the last string that may be a key
    bool has_value_ = false;  // a colon came after it
    Account account_;
    std::map<std::uint64_t, ChatHeader> headers_;
    bool surveyed_ = false;
    bool stopped_ = false;
    bool chat_over_ = false;
    std::uint64_t looked_twice_ = 0;
    std::uint64_t told_ = 0;
    std::uint64_t chats_ = 0;
};

Result<void> Walk::run() {
    bool begun = false;
    while (!stopped_) {
        TRY(const auto token, lexer_->next());
        switch (token) {
            case Token::object_begin:
            case Token::array_begin:
                begun = true;
                TRY_DO(open(token == Token::array_begin));
                break;
            case Token::object_end:
            case Token::array_end: close(); break;
            case Token::colon: has_value_ = true; break;
            case Token::comma: has_value_ = false; break;
            case Token::word: scalar(std::string(lexer_->text())); break;
            case Token::string:
                if (has_value_)
                    scalar(unescape(lexer_->text()));
                else
                    key_ = lexer_->text();
                break;
            case Token::end:
                if (!begun) return fail(Errc::invalid, "no JSON object in the input");
                if (!stack_.empty() && sink_ && !stopped_)
                    sink_->refuse(
                        "end of the export",
                        "the file ends before its brackets are closed; what follows is missing");
                return {};
        }
    }
    return {};
}

Result<void> Walk::open(bool array) {
    Frame frame{.array = array, .key = has_value_ ? std::move(key_) : std::string()};
    key_.clear();
    has_value_ = false;
    if (array && frame.key == "messages" && !stack_.empty() && !stack_.back().array)
        return messages();
    if (stack_.size() == depth_max) return lexer_->skip();
    stack_.push_back(std::move(frame));
    return {};
}

void Walk::close() {
    key_.clear();
    has_value_ = false;
    if (stack_.empty()) return;
    const Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.messages_at && !sink_ && headers_.size() < chats_max)
        headers_.emplace(*frame.messages_at, frame.header);
    if (frame.user_id.empty()) return;
    const auto user = peer_key("user", frame.user_id);
    if (frame.key == "personal_information") account_.owner = user;
    if (under("contacts") && !frame.phone.empty() && account_.phones.size() < contacts_max)
        account_.phones.emplace(user, frame.phone);
}

void Walk::scalar(std::string value) {
    if (has_value_ && !stack_.empty() && !stack_.back().array) {
        auto& frame = stack_.back();
        if (key_ == "name" && value != "null") frame.header.name = value;
        if (key_ == "type") frame.header.type = value;
        if (key_ == "id") frame.header.id = value;
        if (key_ == "user_id") frame.user_id = value;
        if (key_ == "phone_number") frame.phone = value;
    }
    key_.clear();
    has_value_ = false;
}

// The chat's header or the account's owner may stand behind the messages: then, where the input can
// be read twice, they are looked up first.
Result<void> Walk::look_ahead(std::uint64_t at) {
    const auto& header = stack_.back().header;
    const bool nested = stack_.size() > 1;
    const bool complete = !header.id.empty() && !header.type.empty() &&
                          (!nested || !account_.owner.empty() || !options_.owner.empty());
    if (surveyed_ || complete || !source_.can_seek()) return {};
    surveyed_ = true;
    TRY_DO(source_.seek(0));
    Walk first(source_, options_, nullptr);
    TRY_DO(first.run());
    auto survey = first.survey();
    account_ = std::move(survey.account);
    headers_ = std::move(survey.headers);
    TRY_DO(source_.seek(at));
    lexer_.emplace(source_, at);
    TRY_DO(lexer_->next());  // the '[' again
    return {};
}

void Walk::begin_context(const Frame& chat, bool nested) {
    const auto peer = chat.header.key();
    auto owner = owner_key(options_.owner.empty() ? account_.owner : options_.owner);
    if (owner.empty() && chat.header.type == "saved_messages") owner = peer;
    Context context{
        .source = {}, .title = chat.header.name, .channel = model::Channel::telegram, .facts = {}};
    if (!chat.header.id.empty())
        context.source =
            fmt::format("telegram:{}/{}/{}", owner, peer_class(chat.header.type), chat.header.id);
    const auto phone = account_.phones.find(peer);
    context.facts = facts_json({.header = chat.header,
                                .owner = owner,
                                .phone = phone == account_.phones.end() ? "" : phone->second,
                                .left = under("left_chats"),
                                .nested = nested,
                                .ordinal = chats_,
                                .zone = chat::zone_of_option(options_.zone),
                                .base = options_.name.substr(0, options_.name.rfind('/') + 1)});
    if (!sink_->context(std::move(context))) stopped_ = true;
}

Result<void> Walk::messages() {
    const auto at = lexer_->offset();
    auto& chat = stack_.back();
    chat.messages_at = at;
    if (!sink_) return lexer_->skip();
    TRY_DO(look_ahead(at));
    if (const auto known = headers_.find(at); known != headers_.end()) chat.header = known->second;
    ++chats_;
    const bool nested = stack_.size() > 1;
    begin_context(chat, nested);
    // Two chats without an id share one source: their messages are told apart by the chat.
    const auto prefix =
        chat.header.id.empty() && nested
            ? (chat.header.name.empty() ? fmt::format("#{}", chats_) : chat.header.name) + "/"
            : std::string();
    chat_over_ = false;
    while (!stopped_ && !chat_over_) {
        TRY(const auto token, lexer_->next());
        if (token == Token::object_begin) {
            TRY_DO(entry(prefix));
        } else if (token == Token::array_end) {
            return {};
        } else if (token == Token::object_end) {  // the ']' is missing: the chat ends here
            close();
            return {};
        } else if (token == Token::end) {
            sink_->refuse("end of the export",
                          "the file ends inside a chat; what follows is missing");
            stopped_ = true;
        } else if (token != Token::comma) {
            if (!sink_->refuse(here(), "not a message: the entry is not an object"))
                stopped_ = true;
            if (token == Token::array_begin) TRY_DO(lexer_->skip());
        }
    }
    return {};
}

Result<void> Walk::entry(std::string_view prefix) {
    const auto position = lexer_->offset();
    TRY(auto slice, lexer_->take_object());
    if (slice.shape != Shape::whole) return damaged(slice);
    if (position >= told_ + progress_step) {
        told_ = position;
        sink_->progress(position);
    }
    if (position < options_.resume_at) return {};
    Item item{.dialect = model::Dialect::telegram_json, .position = position};
    auto labels = labels_of(slice.bytes);
    if (!labels.id.empty()) item.key = std::string(prefix) + labels.id;
    item.files = std::move(labels.files);
    item.raw = std::move(slice.bytes);
    if (!sink_->item(std::move(item))) stopped_ = true;
    return {};
}

// An entry that does not close where it should is refused; reading goes on at the next '{' that
// looks like an entry or a chat of Telegram Desktop.
Result<void> Walk::damaged(const Slice& slice) {
    const auto from = lexer_->offset();
    const auto where = here();
    TRY(const auto found, lexer_->find_landmark());
    const auto to =
        found == Landmark::none ? std::string("the end") : fmt::format("byte {}", lexer_->offset());
    const std::string_view why = slice.shape == Shape::too_large ? "larger than 64 MiB"
                                 : slice.shape == Shape::cut_off
                                     ? "it does not close before the end of the file"
                                     : "broken JSON";
    if (!sink_->refuse(where, fmt::format("{}; everything up to {} is left out", why, to)))
        stopped_ = true;
    // Each start costs another look at the same bytes; hostile input could ask for that for ever.
    looked_twice_ += slice.looked_at;
    if (found == Landmark::none || looked_twice_ > looked_twice_max + 4 * from) {
        if (found != Landmark::none && !stopped_)
            sink_->refuse(fmt::format("everything from byte {}", from), "too much damage to go on");
        stopped_ = true;
    }
    if (found == Landmark::chat) {  // the chat's ']' and '}' were lost in the damage
        if (!stack_.empty()) stack_.pop_back();
        chat_over_ = true;
    }
    return {};
}

Result<void> read(Source& source, const Options& options, Sink& sink) {
    return Walk(source, options, &sink).run();
}

// A schema of another messenger's API has the same words as keys of objects, not of lists.
bool has(std::string_view head, std::string_view quoted_key, std::string_view opening = {}) {
    for (auto at = head.find(quoted_key); at != std::string_view::npos;
         at = head.find(quoted_key, at + 1)) {
        const auto rest = head.find_first_not_of(" \t\r\n", at + quoted_key.size());
        if (rest == std::string_view::npos || head[rest] != ':') continue;
        const auto value = head.find_first_not_of(" \t\r\n", rest + 1);
        if (opening.empty() || value == std::string_view::npos ||
            opening.find(head[value]) != std::string_view::npos)
            return true;
    }
    return false;
}

Match recognise(std::string_view head, std::string_view file_name) {
    if (head.substr(0, 3) == "\xEF\xBB\xBF") head.remove_prefix(3);
    head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
    if (head.empty() || head.front() != '{') return Match::no;
    const bool messages = has(head, "\"messages\"", "[");
    bool chat_type = false;
    for (const auto type : chat_types)
        chat_type |= head.find("\"" + std::string(type) + "\"") != std::string_view::npos;
    if (messages && (chat_type || has(head, "\"date_unixtime\"") || has(head, "\"from_id\"")))
        return Match::yes;
    const bool account = has(head, "\"personal_information\"") ||
                         has(head, "\"frequent_contacts\"") || has(head, "\"web_sessions\"") ||
                         has(head, "\"left_chats\"");
    if (account && (has(head, "\"user_id\"") || has(head, "\"about\""))) return Match::yes;
    const bool named = file_name.ends_with("result.json");
    return named && (messages || has(head, "\"chats\"")) ? Match::maybe : Match::no;
}

}  // namespace

const Format format{.name = "telegram",
                    .description = "Telegram Desktop export (result.json)",
                    .recognise = recognise,
                    .read = read,
                    .refusal = {}};

}  // namespace letopis::capture::telegram
