// SPDX-License-Identifier: AGPL-3.0-or-later
// People as the journal has them, and the way to change them: a document is stored durably, then
// applied. Any thread may call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "access/people.hpp"
#include "app/archive.hpp"

namespace letopis::api {

struct Settings {
    std::string company;
    std::string language = "ru";
    bool demo = false;
    std::string sheet_seen;  // when the recovery sheet was typed back; empty: not yet
    // What is the company's own, in the form of own_entry(); nothing: nobody has said yet.
    std::optional<std::vector<std::string>> own = {};
};

class Directory {
public:
    static Result<std::unique_ptr<Directory>> open(app::Archive& archive);

    // What `look` returns is a copy: people may change after it.
    template <class Look>
    auto read(Look look) const {
        const std::shared_lock lock(mutex_);
        return look(people_);
    }
    using Decide = std::function<Result<access::Change>(const access::People&)>;
    // One change at a time: decided on what is, stored, applied.
    Result<access::Change> change(const Decide& decide);

    Settings settings() const;
    // As they are then; the record says whose doing it was, and what of it changed where that is no
    // step of the set-up.
    using Amend = std::function<void(Settings&)>;
    Result<void> amend(std::string_view by, std::string_view changed, const Amend& amend);
    // Of the last record of people or settings: another number, and something may have changed.
    std::uint64_t version() const;

private:
    explicit Directory(app::Archive& archive) : archive_(archive) {}
    app::Archive& archive_;
    mutable std::shared_mutex mutex_;
    access::People people_;      // guarded by mutex_
    Settings settings_;          // guarded by mutex_
    std::uint64_t version_ = 0;  // guarded by mutex_
};

}  // namespace letopis::api
