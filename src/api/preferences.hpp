// SPDX-License-Identifier: AGPL-3.0-or-later
// How the page looks and is used, as each person set it. The last record of a person counts. Any
// thread may call.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "app/archive.hpp"

namespace letopis::api {

struct Preference {
    std::string theme = "auto";  // "light", "dark"
    bool keys = true;            // one-letter keys
    friend bool operator==(const Preference&, const Preference&) = default;
};

class Preferences {
public:
    explicit Preferences(app::Archive& archive) : archive_(archive) {}
    Result<void> load();

    Preference of(const std::string& user) const;
    // What is so already leaves no record.
    Result<void> set(const std::string& user, const Preference& wanted);

private:
    app::Archive& archive_;
    mutable std::mutex mutex_;
    std::map<std::string, Preference> all_;  // guarded by mutex_
};

}  // namespace letopis::api
