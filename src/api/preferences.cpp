// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/preferences.hpp"

#include <boost/json.hpp>

#include "app/descriptor.hpp"

namespace letopis::api {

namespace json = boost::json;

Result<void> Preferences::load() {
    const std::lock_guard lock(mutex_);
    return archive_.journal().each_of(
        journal::LeafType::state_change, Seq(0), [&](journal::Record&& record) -> Result<bool> {
            if (record.kind != journal::Kind::preferences) return true;
            boost::system::error_code error;
            const auto value = json::parse(record.descriptor, error);
            const auto* object = error ? nullptr : value.if_object();
            const auto* user = object == nullptr ? nullptr : object->if_contains("user");
            if (user == nullptr || !user->is_string()) return true;  // its own defaults, then
            Preference read;
            const auto* theme = object->if_contains("theme");
            if (theme != nullptr && theme->is_string())
                read.theme.assign(theme->get_string().data(), theme->get_string().size());
            const auto* keys = object->if_contains("keys");
            read.keys = keys == nullptr || !keys->is_bool() || keys->get_bool();
            all_[std::string(user->get_string().data(), user->get_string().size())] = read;
            return true;
        });
}

Preference Preferences::of(const std::string& user) const {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(user);
    return found == all_.end() ? Preference() : found->second;
}

Result<void> Preferences::set(const std::string& user, const Preference& wanted) {
    const std::lock_guard lock(mutex_);
    auto& now = all_[user];
    if (now == wanted) return {};
    const auto descriptor = "{\"v\":1,\"user\":" + app::json_string(user) +
                            ",\"theme\":" + app::json_string(wanted.theme) +
                            ",\"keys\":" + (wanted.keys ? "true" : "false") +
                            ",\"by\":" + app::json_string(user) + "}";
    const journal::Draft draft{.type = journal::LeafType::state_change,
                               .kind = journal::Kind::preferences,
                               .descriptor = descriptor};
    TRY_DO(archive_.journal().append(std::span(&draft, 1), journal::Class::live));
    now = wanted;
    return {};
}

}  // namespace letopis::api
