// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/ours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "model/address.hpp"

namespace letopis::api {

namespace json = boost::json;

namespace {

constexpr std::size_t entry_max = 320;

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

// Of labels with a dot between them, as DNS has them.
bool is_domain(std::string_view text) {
    if (text.size() > 253 || text.find('.') == std::string_view::npos) return false;
    std::size_t label = 0;
    char before = '.';
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && c != '-' && c != '.') return false;
        if ((c == '.' || c == '-') && before == '.') return false;
        if (c == '.' && before == '-') return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63) return false;
        before = c;
    }
    return before != '.' && before != '-';
}

bool is_chat_address(std::string_view text) {
    for (const std::string_view kind : {"user", "chat", "channel"})
        if (text.starts_with(kind) && text.size() > kind.size() &&
            text.find_first_not_of("0123456789", kind.size()) == std::string_view::npos)
            return true;
    // WhatsApp: a name within one chat.
    const auto slash = text.find('/');
    return slash != std::string_view::npos && slash != 0 && slash + 1 != text.size();
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

// Where anybody has a mailbox: the domain says nothing of a company.
bool is_public_mail(std::string_view domain) {
    static constexpr std::array<std::string_view, 40> known = {
        "aol.com",    "bk.ru",       "fastmail.com",   "gmail.com",      "gmx.com",
        "gmx.de",     "gmx.net",     "googlemail.com", "hotmail.com",    "hotmail.de",
        "i.ua",       "icloud.com",  "inbox.ru",       "internet.ru",    "list.ru",
        "live.com",   "live.ru",     "mac.com",        "mail.com",       "mail.ru",
        "me.com",     "meta.ua",     "msn.com",        "narod.ru",       "outlook.com",
        "outlook.de", "pm.me",       "proton.me",      "protonmail.com", "qq.com",
        "rambler.ru", "t-online.de", "tut.by",         "ukr.net",        "web.de",
        "ya.ru",      "yahoo.com",   "yandex.by",      "yandex.com",     "yandex.ru"};
    return std::ranges::find(known, domain) != known.end();
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string()
               ? std::string(value->get_string().data(), value->get_string().size())
               : std::string();
}

}  // namespace

Result<std::string> own_entry(std::string_view text) {
    text = trimmed(text);
    const auto wrong = [&](std::string_view hint) {
        return fail(Errc::invalid,
                    fmt::format("'{}' is no domain, no address and no number",
                                text.size() > 80 ? text.substr(0, 40) : text),
                    std::string(hint));
    };
    constexpr std::string_view forms =
        "For example: firm.example, sales@firm.example, +79161234567, user4242";
    if (text.empty() || text.size() > entry_max) return wrong(forms);
    if (is_chat_address(text)) return std::string(text);
    if (text.front() == '@') text.remove_prefix(1);
    if (const auto phone = text.front() == '+' ? model::normalise_phone(text) : std::nullopt)
        return *phone;
    const auto at = text.rfind('@');
    const auto domain = lower(at == std::string_view::npos ? text : text.substr(at + 1));
    if (!is_domain(domain)) {
        const bool foreign = std::ranges::any_of(domain, [](char c) { return (c & 0x80) != 0; });
        return wrong(foreign ? "Write the domain in the form that begins with xn--." : forms);
    }
    if (at == std::string_view::npos) return domain;
    const auto address = model::normalise_email(text);
    if (!address) return wrong(forms);
    return *address;
}

Result<std::vector<std::string>> own_entries(const std::vector<std::string>& texts) {
    std::vector<std::string> entries;
    for (const auto& text : texts) {
        if (trimmed(text).empty()) continue;
        TRY(auto entry, own_entry(text));
        if (std::ranges::find(entries, entry) == entries.end()) entries.push_back(std::move(entry));
        if (entries.size() > own_entries_max)
            return fail(Errc::invalid,
                        fmt::format("there is room for {} domains and addresses", own_entries_max),
                        "A domain stands for all of its addresses.");
    }
    return entries;
}

void Ours::add(std::string_view entry) {
    if (!entry.empty()) entries_.emplace(entry);
}

bool Ours::has(std::string_view address) const {
    if (entries_.empty() || address.empty()) return false;
    if (entries_.contains(address)) return true;
    const auto at = address.rfind('@');
    if (at == std::string_view::npos) return false;
    for (auto domain = address.substr(at + 1); !domain.empty();) {
        if (entries_.contains(domain)) return true;
        const auto dot = domain.find('.');
        if (dot == std::string_view::npos) break;
        domain.remove_prefix(dot + 1);
    }
    return false;
}

std::vector<std::string> staff_addresses(const access::People& people) {
    std::vector<std::string> addresses;
    const auto add = [&](const std::string& text) {
        if (text.find('@') == std::string::npos) {
            if (!text.empty()) addresses.push_back(text);
        } else if (auto address = model::normalise_email(text)) {
            addresses.push_back(*std::move(address));
        }
    };
    for (const auto& [_, user] : people.users()) {
        add(user.email);
        for (const auto& address : user.addresses) add(address);
    }
    return addresses;
}

std::vector<std::string> proposed_domains(const access::People& people) {
    std::set<std::string, std::less<>> domains;
    for (const auto& address : staff_addresses(people)) {
        const auto at = address.rfind('@');
        if (at == std::string::npos) continue;
        auto domain = lower(address.substr(at + 1));
        if (is_domain(domain) && !is_public_mail(domain)) domains.insert(std::move(domain));
    }
    return {domains.begin(), domains.end()};
}

std::string owner_of(const catalog::ContextView& context) {
    boost::system::error_code error;
    const auto value =
        json::parse(json::string_view(context.facts.data(), context.facts.size()), error);
    if (error || !value.is_object()) return {};
    const auto& facts = value.get_object();
    const auto owner = text_in(facts, "owner");
    if (owner.empty() || text_in(facts, "format") != "whatsapp") return owner;
    const bool number = owner[0] == '+' || (owner[0] >= '0' && owner[0] <= '9');
    if (const auto phone = number ? model::normalise_phone(owner) : std::nullopt) return *phone;
    const auto title = text_in(facts, "title");
    return (title.empty() ? text_in(facts, "file") : title) + "/" + owner;
}

Result<void> OursKept::look(catalog::Catalog& catalog) {
    TRY(const auto contexts, catalog.contexts_from(Seq(next_context_)));
    for (const auto& context : contexts) {
        next_context_ = context.seq.value() + 1;
        if (auto owner = owner_of(context); !owner.empty())
            if (owners_.insert(std::move(owner)).second) ours_ = nullptr;
    }
    return {};
}

Result<std::shared_ptr<const Ours>> OursKept::now(catalog::Catalog& catalog) {
    const std::lock_guard lock(mutex_);
    TRY_DO(look(catalog));
    const auto version = directory_.version();
    if (ours_ && version == version_) return ours_;
    auto made = std::make_shared<Ours>();
    const auto set = directory_.settings().own;
    directory_.read([&](const access::People& people) {
        for (const auto& one : staff_addresses(people)) made->add(one);
        for (const auto& one : set ? *set : proposed_domains(people)) made->add(one);
        return 0;
    });
    for (const auto& one : owners_) made->add(one);
    version_ = version;
    ours_ = made;
    return std::shared_ptr<const Ours>(made);
}

Result<std::vector<std::string>> OursKept::owners(catalog::Catalog& catalog) {
    const std::lock_guard lock(mutex_);
    TRY_DO(look(catalog));
    return std::vector<std::string>(owners_.begin(), owners_.end());
}

}  // namespace letopis::api
