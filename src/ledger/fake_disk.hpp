// SPDX-License-Identifier: AGPL-3.0-or-later
// A disk for tests: it writes down each step, fails from a chosen step on, and forgets at a power
// cut what was not synced.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ledger/disk.hpp"

namespace letopis::ledger {

class FakeDisk final : public Disk {
public:
    std::vector<std::string> steps;  // "sync tile/0/000.tmp": operation and path under `root`
    Path root = "/log";
    std::size_t fail_from = SIZE_MAX;  // number of the first step that fails

    Result<std::string> read(const Path& path, std::uint64_t limit) override {
        const auto file = names_.find(path.string());
        if (file == names_.end()) return fail(Errc::not_found, path.string());
        if (file->second->bytes.size() > limit) return fail(Errc::too_large, path.string());
        return file->second->bytes;
    }
    Result<void> write(const Path& path, std::string_view bytes) override {
        TRY_DO(step("write", path));
        auto& file = names_[path.string()];
        if (!file) file = std::make_shared<File>();
        file->bytes = bytes;
        return {};
    }
    Result<void> sync(const Path& path) override {
        TRY_DO(step("sync", path));
        const auto& file = names_.at(path.string());
        file->durable = file->bytes;
        return {};
    }
    Result<void> rename(const Path& from, const Path& to) override {
        TRY_DO(step("rename", to));
        names_[to.string()] = names_.at(from.string());
        names_.erase(from.string());
        return {};
    }
    Result<void> sync_directory(const Path& path) override {
        TRY_DO(step("sync_directory", path));
        const auto inside = [&](const auto& name) {
            return Path(name.first).parent_path() == path;
        };
        std::erase_if(durable_names_, inside);
        for (const auto& name : names_)
            if (inside(name)) durable_names_.insert(name);
        return {};
    }
    Result<void> make_directories(const Path&) override { return {}; }
    Result<void> remove_directory(const Path& path) override {
        TRY_DO(step("remove_directory", path));
        std::erase_if(names_,
                      [&](const auto& name) { return Path(name.first).parent_path() == path; });
        return {};
    }

    // What was durable is there again. Of the rest each name and each file's bytes made it or did
    // not, as the seed has it; unsynced bytes may be cut anywhere.
    void power_cut(unsigned seed) {
        std::mt19937 random(seed);
        auto kept = durable_names_;
        for (const auto& [name, file] : names_)
            if (random() % 2 == 0) kept[name] = file;
        for (const auto& [name, file] : durable_names_)
            if (names_.count(name) == 0 && random() % 2 == 0) kept.erase(name);
        for (auto& [name, file] : kept)
            if (file->bytes != file->durable)
                file->bytes = random() % 2 == 0
                                  ? file->durable
                                  : file->bytes.substr(0, random() % (file->bytes.size() + 1));
        for (auto& [name, file] : kept) file->durable = file->bytes;
        names_ = durable_names_ = kept;
        fail_from = SIZE_MAX;
        steps.clear();
    }

    std::vector<std::string> files() const {
        std::vector<std::string> out;
        for (const auto& [name, file] : names_) out.push_back(name);
        return out;
    }
    std::string& bytes(const Path& path) { return names_.at(path.string())->bytes; }
    void lose(const Path& path) { names_.erase(path.string()); }

private:
    struct File {
        std::string bytes, durable;
    };
    Result<void> step(const char* what, const Path& path) {
        if (steps.size() >= fail_from) return fail(Errc::io, "the disk failed");
        steps.push_back(std::string(what) + " " + path.lexically_relative(root).string());
        return {};
    }
    std::map<std::string, std::shared_ptr<File>> names_, durable_names_;
};

}  // namespace letopis::ledger
