// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "access/people_internal.hpp"
#include "base/bytes.hpp"
#include "base/files.hpp"

namespace letopis::access {

namespace json = boost::json;

namespace {

constexpr std::size_t id_letters = 10;
constexpr std::size_t address_max = 320;
constexpr std::string_view id_alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

bool has_controls(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

bool is_login(std::string_view text) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && plain(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return plain(c) || std::string_view("._-@").find(c) != std::string_view::npos;
           });
}

Scope scope_in(In& in) {
    return {.everything = in.flag("everything"),
            .clients = in.texts("clients", 1000, address_max),
            .employees = in.texts("employees", 1000, address_max),
            .groups = in.ids("groups", 50, 'g'),
            .channels = in.texts("channels", 50, 64),
            .sources = in.texts("sources", 1000, 512),
            .from = in.moment_if("from"),
            .until = in.moment_if("until")};
}

Grant grant_in(In& in) {
    Grant grant;
    const auto role = role_named(in.text("role", 32));
    if (!role) in.refuse("role");
    grant.role = role.value_or(Role::reader);
    if (in.has("scope")) {
        In scope(in.object("scope"));
        grant.scope = scope_in(scope);
        in.take("scope", scope);
    }
    grant.from = in.moment_if("from");
    grant.until = in.moment_if("until");
    grant.reason = in.line("reason", 500);
    grant.by = in.author("by");
    const auto& scope = grant.scope;
    if (scope.everything &&
        !(scope.clients.empty() && scope.employees.empty() && scope.groups.empty() &&
          scope.channels.empty() && scope.sources.empty()))
        in.refuse("scope.everything");
    if (scope.from && scope.until && *scope.until <= *scope.from) in.refuse("scope.until");
    if (grant.from && grant.until && *grant.until <= *grant.from) in.refuse("until");
    if ((grant.from || grant.until) && grant.reason.empty()) in.refuse("reason");
    return grant;
}

}  // namespace

Result<void> In::done() const {
    if (bad_.empty()) return {};
    return fail(Errc::invalid, "the field " + bad_ + " is missing, wrong or too long");
}

void In::refuse(std::string_view name) {
    if (bad_.empty()) bad_ = name;
}

void In::take(std::string_view name, const In& inner) {
    if (!inner.ok()) refuse(std::string(name) + "." + inner.bad_);
}

const json::value* In::find(std::string_view name) const {
    return object_.if_contains(json::string_view(name.data(), name.size()));
}

std::string In::note(std::string_view name, std::size_t bytes_max) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    const auto* text = value->if_string();
    if (text == nullptr || text->size() > bytes_max) {
        refuse(name);
        return {};
    }
    return std::string(text->data(), text->size());
}

std::string In::text(std::string_view name, std::size_t bytes_max) {
    auto text = line(name, bytes_max);
    if (text.empty()) refuse(name);
    return text;
}

std::string In::line(std::string_view name, std::size_t bytes_max) {
    auto text = note(name, bytes_max);
    if (has_controls(text)) refuse(name);
    return text;
}

std::string In::bytes(std::string_view name, std::size_t bytes_max) {
    auto raw = unbase64(text(name, (bytes_max + 2) / 3 * 4));
    if (!raw || raw->empty() || raw->size() > bytes_max) {
        refuse(name);
        return {};
    }
    return *std::move(raw);
}

std::string In::id(std::string_view name, char kind) {
    auto text = note(name, id_letters + 2);
    if (!is_id(text, kind)) refuse(name);
    return text;
}

std::string In::author(std::string_view name) {
    auto text = note(name, id_letters + 2);
    if (text != operator_id && !is_id(text, 'u')) refuse(name);
    return text;
}

bool In::flag(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return false;
    if (!value->is_bool()) refuse(name);
    return value->is_bool() && value->get_bool();
}

std::uint64_t In::number(std::string_view name, std::uint64_t max) {
    const auto* value = find(name);
    boost::system::error_code problem;
    const auto number = value ? value->to_number<std::uint64_t>(problem) : 0;
    if (value == nullptr || problem || number > max) {
        refuse(name);
        return 0;
    }
    return number;
}

std::optional<Instant> In::moment_if(std::string_view name) {
    if (!has(name)) return std::nullopt;
    const auto moment = parse_rfc3339(text(name, 40));
    if (!moment) refuse(name);
    return moment;
}

Instant In::moment(std::string_view name) {
    if (!has(name)) refuse(name);
    return moment_if(name).value_or(Instant{});
}

const json::array* In::list(std::string_view name, std::size_t count_max) {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    const auto* array = value->if_array();
    if (array == nullptr || array->size() > count_max) {
        refuse(name);
        return nullptr;
    }
    return array;
}

std::vector<std::string> In::texts(std::string_view name, std::size_t count_max, std::size_t each) {
    std::vector<std::string> texts;
    const auto* array = list(name, count_max);
    if (array == nullptr) return texts;
    for (const auto& value : *array) {
        const auto* text = value.if_string();
        if (text == nullptr || text->empty() || text->size() > each ||
            has_controls(std::string_view(text->data(), text->size()))) {
            refuse(name);
            return {};
        }
        texts.emplace_back(text->data(), text->size());
    }
    return texts;
}

std::vector<std::string> In::bytes_list(std::string_view name,
                                        std::size_t count_max,
                                        std::size_t each) {
    auto list = texts(name, count_max, (each + 2) / 3 * 4);
    for (auto& text : list) {
        auto raw = unbase64(text);
        if (!raw) refuse(name);
        text = std::move(raw).value_or("");
    }
    return list;
}

std::vector<std::string> In::ids(std::string_view name, std::size_t count_max, char kind) {
    auto list = texts(name, count_max, id_letters + 2);
    if (!std::all_of(list.begin(), list.end(), [&](const auto& id) { return is_id(id, kind); }))
        refuse(name);
    return list;
}

std::vector<Grant> In::grants(std::string_view name) {
    std::vector<Grant> grants;
    const auto* array = list(name, 50);
    if (array == nullptr) return grants;
    for (const auto& value : *array) {
        const auto* object = value.if_object();
        if (object == nullptr) {
            refuse(name);
            break;
        }
        In grant(*object);
        grants.push_back(grant_in(grant));
        take(name, grant);
    }
    return grants;
}

std::vector<std::pair<std::string, std::string>> In::pairs(std::string_view name) {
    std::vector<std::pair<std::string, std::string>> pairs;
    const auto* array = list(name, 10);
    if (array == nullptr) return pairs;
    for (const auto& value : *array) {
        const auto* pair = value.if_array();
        if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() ||
            !(*pair)[1].is_string() || (*pair)[0].get_string().empty() ||
            (*pair)[1].get_string().empty() || (*pair)[0].get_string().size() > 512 ||
            (*pair)[1].get_string().size() > 512) {
            refuse(name);
            return {};
        }
        pairs.emplace_back((*pair)[0].get_string(), (*pair)[1].get_string());
    }
    return pairs;
}

const json::object& In::object(std::string_view name) {
    static const json::object none;
    const auto* value = find(name);
    const auto* object = value ? value->if_object() : nullptr;
    if (object == nullptr) refuse(name);
    return object ? *object : none;
}

User user_in(In& in) {
    User user;
    user.id = in.id("id", 'u');
    user.login = in.text("login", 64);
    if (!is_login(user.login)) in.refuse("login");
    user.name = in.text("name", 200);
    user.email = in.line("email", 254);
    user.locale = in.text("locale", 16);
    user.addresses = in.texts("addresses", 50, address_max);
    user.groups = in.ids("groups", 50, 'g');
    user.grants = in.grants("grants");
    user.external = in.pairs("external");
    user.created = in.moment("created");
    return user;
}

Group group_in(In& in) {
    return {.id = in.id("id", 'g'), .name = in.text("name", 200), .grants = in.grants("grants")};
}

Passkey passkey_in(In& in) {
    return {.id = in.bytes("id", 1023),  // WebAuthn section 4: at most 1023 bytes
            .public_key = in.bytes("public_key", 2048),
            .counter = static_cast<std::uint32_t>(in.number("counter", 0xffffffff)),
            .name = in.text("name", 100),
            .added = in.moment("added")};
}

Token token_in(In& in) {
    Token token;
    token.id = in.id("id", 'k');
    token.secret_hash = in.bytes("secret_sha256", sizeof(Digest));
    if (token.secret_hash.size() != sizeof(Digest)) in.refuse("secret_sha256");
    token.name = in.text("name", 100);
    token.user = in.id("user", 'u');
    for (const auto& text : in.texts("rights", 100, 64)) {
        const auto right = right_named(text);
        if (right)
            token.rights.insert(*right);
        else
            in.refuse("rights");
    }
    token.until = in.moment_if("until");
    token.created = in.moment("created");
    return token;
}

Invitation invitation_in(In& in) {
    Invitation invitation;
    invitation.id = in.id("id", 'i');
    invitation.user = in.id("user", 'u');
    invitation.secret_hash = in.bytes("secret_sha256", sizeof(Digest));
    if (invitation.secret_hash.size() != sizeof(Digest)) in.refuse("secret_sha256");
    invitation.by = in.author("by");
    invitation.new_factor = in.flag("new_factor");
    invitation.until = in.moment("until");
    return invitation;
}

SavedSearch search_in(In& in) {
    return {.id = in.id("id", 's'),
            .user = in.id("user", 'u'),
            .name = in.text("name", 200),
            .query = in.note("query", 4000),
            .shared = in.flag("shared"),
            .created = in.moment("created")};
}

Approval approval_in(In& in) {
    Approval approval{.id = in.id("id", 'a'),
                      .action = in.text("action", 64),
                      .what = in.note("what", 128 * 1024),
                      .reason = in.line("reason", 500),
                      .by = in.author("by"),
                      .created = in.moment("created"),
                      .from = in.moment("from"),
                      .until = in.moment("until"),
                      .alone = in.flag("alone"),
                      .state = ApprovalState::waiting,
                      .decided_by = {}};
    if (approval.alone) approval.state = ApprovalState::approved;
    return approval;
}

bool is_id(std::string_view text, char kind) {
    return text.size() == id_letters + 2 && text[0] == kind && text[1] == '-' &&
           text.find_first_not_of(id_alphabet, 2) == std::string_view::npos;
}

std::string new_id(char kind) {
    std::string id = {kind, '-'};
    for (const char c : random_bytes(id_letters))
        id.push_back(id_alphabet[static_cast<unsigned char>(c) & 31]);
    return id;
}

}  // namespace letopis::access
