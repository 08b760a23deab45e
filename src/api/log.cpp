// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/log.hpp"

#include <fmt/format.h>

#include "app/views.hpp"
#include "base/files.hpp"

namespace letopis::api {

namespace {

constexpr std::size_t lines_max = 4096;

constexpr Level levels[] = {Level::error, Level::warning, Level::info};

}  // namespace

std::string_view name(Level level) {
    switch (level) {
        case Level::error: return "error";
        case Level::warning: return "warning";
        case Level::info: return "info";
    }
    return {};
}

std::optional<Level> level_named(std::string_view text) {
    for (const auto level : levels)
        if (name(level) == text) return level;
    return std::nullopt;
}

Log::Log(const Options& options, const Clock& clock)
    : options_(options), clock_(clock), writer_([this] { work(); }) {}

Log::~Log() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    writer_.join();
}

std::string Log::line_of(Level level, std::string_view event, const json::object& fields) const {
    const auto time = rfc3339(clock_.now());
    if (options_.json) {
        json::object line{{"time", app::json_text(time)},
                          {"level", app::json_text(name(level))},
                          {"event", app::json_text(event)}};
        for (const auto& [key, value] : fields) line[key] = value;
        return json::serialize(line) + "\n";
    }
    auto line = fmt::format("{} {} {}", time, name(level), event);
    for (const auto& [key, value] : fields)
        line += fmt::format(
            " {}={}",
            std::string_view(key.data(), key.size()),
            value.is_double() ? fmt::format("{:.1f}", value.get_double()) : json::serialize(value));
    return line + "\n";
}

void Log::write(Level level, std::string_view event, json::object fields) {
    if (level > options_.least) return;
    auto line = line_of(level, event, fields);
    {
        const std::lock_guard lock(mutex_);
        if (lines_.size() >= lines_max) {
            ++dropped_;
            return;
        }
        lines_.push_back(std::move(line));
    }
    changed_.notify_one();
}

void Log::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return ending_ || !lines_.empty(); });
        if (lines_.empty()) return;
        std::string text;
        for (const auto& line : lines_) text += line;
        lines_.clear();
        if (const auto dropped = std::exchange(dropped_, 0))
            text += line_of(Level::warning, "log_dropped", {{"lines", dropped}});
        lock.unlock();
        (void)write_all(options_.fd, text);  // nobody is left to tell
        lock.lock();
    }
}

}  // namespace letopis::api
