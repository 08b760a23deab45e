// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/service.hpp"

#include <charconv>
#include <chrono>
#include <condition_variable>

#include "api/imports.hpp"
#include "api/jobs.hpp"
#include "app/descriptor.hpp"
#include "app/projector.hpp"
#include "app/verifier.hpp"

namespace letopis::api {

Service::Service(app::Archive& archive,
                 Directory& directory,
                 access::Sessions& sessions,
                 const Clock& clock)
    : archive_(archive),
      directory_(directory),
      sessions_(sessions),
      clock_(clock),
      imports_(std::make_unique<Imports>(archive)),
      ours_(directory),
      audit_(archive, directory),
      preferences_(archive),
      jobs_(std::make_unique<Jobs>(clock)) {}

Service::~Service() = default;

std::string Service::look_in_background() {
    return jobs_->start(
        "verify", 0, [this](const Jobs::Progress& progress) { return check(progress); });
}

void Service::keep_in_background() {
    (void)look_in_background();
    imports_->resume();
    keeper_ = std::jthread([this](const std::stop_token& stop) {
        constexpr auto pause = std::chrono::hours(1);
        std::mutex alone;
        std::condition_variable_any woken;
        std::unique_lock lock(alone);
        while (!woken.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); }))
            archive_.rotate_if_due();
    });
}

Service::Integrity Service::integrity() const {
    const std::lock_guard lock(integrity_mutex_);
    return integrity_;
}

namespace {
struct Stopped {};  // the way out of a verification, which knows no other
}  // namespace

Result<std::string> Service::check(const std::function<bool(std::uint64_t)>& progress) {
    const auto told = [&](std::uint64_t bytes) {
        if (!progress(bytes)) throw Stopped();
    };
    const auto look = [&]() -> Result<app::Verified> {
        try {
            return app::verify(archive_, false, told, "");
        } catch (const Stopped&) {
            return fail(Errc::cancelled, "stopped");
        }
    };
    TRY(const auto found, look());
    (void)progress(found.bytes);
    Integrity now{.checked = true,
                  .ok = found.problems.empty(),
                  .at = clock_.now(),
                  .records = found.records};
    constexpr std::size_t listed = 100;
    for (const auto& problem : found.problems)
        if (now.problems.size() < listed)
            now.problems.push_back(problem.where + ": " + problem.what);
    const std::lock_guard lock(integrity_mutex_);
    integrity_ = now;
    return now.ok ? std::string() : std::to_string(found.problems.size()) + " problems";
}

Result<app::Find> Service::find(const access::Caller& caller) {
    TRY(auto projections, archive_.projections());
    return app::Find(archive_, std::move(projections), scope_of(caller));
}

Result<void> Service::follow() {
    const std::lock_guard lock(archive_.projecting());
    TRY(auto projector, app::Projector::open(archive_));
    return projector->catch_up([](std::uint64_t, std::uint64_t) {});
}

Result<Service::Lag> Service::lag() {
    const auto records = archive_.journal().head().records;
    TRY(auto projections, archive_.projections());
    TRY(const auto position, projections.catalog->position());
    const auto behind = [&](std::uint64_t at) { return at < records ? records - at : 0; };
    const Lag lag{behind(position.value()), behind(projections.engine->position())};
    archive_.give_back(std::move(projections));
    return lag;
}

Result<void> Service::record(journal::Kind kind, const std::string& descriptor) {
    const auto started = std::chrono::steady_clock::now();
    TRY_DO(archive_.record_access(kind, descriptor));
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - started;
    const std::lock_guard lock(waits_mutex_);
    ++waits_.count;
    waits_.sum_ms += took.count();
    for (std::size_t i = 0; i < record_waits_ms.size(); ++i)
        if (took.count() <= record_waits_ms[i]) ++waits_.no_longer[i];
    return {};
}

Service::RecordWaits Service::record_waits() const {
    const std::lock_guard lock(waits_mutex_);
    return waits_;
}

Result<void> Service::searched(const access::Caller& caller,
                               std::string_view query,
                               std::uint64_t total,
                               std::span<const Seq> shown) {
    const app::Accessor who{caller.user, caller.name, caller.peer, caller.token};
    return record(journal::Kind::search, app::search_descriptor(who, query, total, shown));
}

Result<void> Service::note(journal::Kind kind,
                           const access::Caller& caller,
                           std::string_view what,
                           std::span<const Seq> messages) {
    const app::Accessor who{caller.user, caller.name, caller.peer, caller.token};
    return record(kind, app::open_descriptor(who, what, messages));
}

namespace {
Result<Seq> number(std::string_view text, std::string_view what) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(Errc::not_found, "there is no such " + std::string(what));
    return Seq(value);
}
}  // namespace

Result<Seq> message_id(std::string_view text) { return number(text, "message"); }

Result<Seq> conversation_id(std::string_view text) {
    if (!text.starts_with('c')) return fail(Errc::not_found, "there is no such conversation");
    return number(text.substr(1), "conversation");
}

}  // namespace letopis::api
