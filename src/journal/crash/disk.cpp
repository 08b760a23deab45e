// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/crash/disk.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/check.hpp"

namespace letopis::crash {

using What = Event::What;

namespace {
constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
constexpr std::size_t sector = 512;
}  // namespace

Disk::Disk(Path root) : root_(std::filesystem::canonical(root)) {
    std::unordered_map<ino_t, int> by_inode;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
        const auto name = entry.path().lexically_relative(root_).string();
        if (entry.is_directory()) {
            base_directories_.insert(name);
        } else if (entry.is_regular_file() && !name.ends_with("-shm")) {
            struct stat status {};
            CHECK(::stat(entry.path().c_str(), &status) == 0);
            const auto file = static_cast<int>(base_bytes_.size());
            by_inode[status.st_ino] = file;
            base_names_[name] = file;
            base_bytes_.push_back(read_file(entry.path()).value());
        }
    }
    start_recording(root_, std::move(by_inode), static_cast<int>(base_bytes_.size()), events_);
}

void Disk::mark(std::uint64_t number) { record({.what = What::mark, .place = number}); }

void Disk::stop() {
    const auto files = stop_recording(events_);
    if (!files) return;
    base_bytes_.resize(static_cast<std::size_t>(*files));
    data_.resize(base_bytes_.size());
    for (std::size_t i = 0; i < events_.size(); ++i)
        if (is_data(i)) data_[static_cast<std::size_t>(events_[i].file)].push_back(i);
    find_syncs();
}

bool Disk::is_data(std::size_t call) const {
    return events_[call].what == What::write || events_[call].what == What::resize;
}

bool Disk::is_name(std::size_t call) const {
    const auto what = events_[call].what;
    return what == What::create || what == What::make_directory || what == What::rename ||
           what == What::remove || what == What::remove_directory;
}

void Disk::find_syncs() {
    safe_from_.assign(events_.size(), never);
    std::map<int, std::size_t> file_synced;  // the next sync behind
    std::map<std::string, std::size_t> directory_synced;
    const auto next = [](const auto& map, const auto& key) {
        const auto found = map.find(key);
        return found == map.end() ? never : found->second;
    };
    const auto directory = [](const std::string& name) {
        const auto slash = name.rfind('/');
        return slash == std::string::npos ? std::string() : name.substr(0, slash);
    };
    std::size_t any_synced = never;
    for (std::size_t i = events_.size(); i-- > 0;) {
        const auto& event = events_[i];
        switch (event.what) {
            case What::write:
            case What::resize: safe_from_[i] = next(file_synced, event.file); break;
            case What::create:
            case What::make_directory:
            case What::rename:
            case What::remove:
            case What::remove_directory:
                safe_from_[i] =
                    names_ordered_ ? any_synced : next(directory_synced, directory(event.name));
                break;
            case What::sync: file_synced[event.file] = any_synced = i + 1; break;
            case What::sync_directory: directory_synced[event.name] = any_synced = i + 1; break;
            case What::mark: break;
        }
    }
}

void Disk::forget_syncs(const std::string& part) {
    for (auto& event : events_)
        if ((event.what == What::sync || event.what == What::sync_directory) &&
            (event.name + "/").find(part) != std::string::npos) {
            event.what = What::mark;
            event.place = 0;
        }
    // Marks count from 1: a forgotten sync is none.
    find_syncs();
}

void Disk::order_names() {
    names_ordered_ = true;
    find_syncs();
}

std::uint64_t Disk::marked(std::size_t moment) const {
    for (std::size_t i = moment; i-- > 0;)
        if (events_[i].what == What::mark && events_[i].place != 0) return events_[i].place;
    return 0;
}

void Disk::tear_last(const std::vector<std::size_t>& open, std::vector<Fate>& fates) const {
    for (std::size_t i = open.size(); i-- > 0;)
        if (events_[open[i]].what == What::write && fates[open[i]] == Fate::kept) {
            fates[open[i]] = Fate::torn;
            return;
        }
}

void Disk::choose(const std::vector<std::size_t>& open,
                  std::vector<Fate>& fates,
                  std::uint64_t variant,
                  Dice& dice) const {
    if (variant == 0) return;
    if (variant < 4) {
        const auto first = variant == 3 ? dice.below(open.size() + 1) : open.size();
        for (std::size_t i = 0; i < first; ++i) fates[open[i]] = Fate::kept;
        if (variant > 1) tear_last(open, fates);
        return;
    }
    choose_data(open, fates, dice);
    choose_names(fates, dice);
    if (dice.one_in(2)) {
        tear_last(open, fates);
    } else if (dice.one_in(3)) {
        for (const auto index : open)
            if (events_[index].what == What::write && fates[index] == Fate::kept && dice.one_in(3))
                fates[index] = Fate::torn;
    }
}

// Each file has its own luck, so that one may be far ahead of another.
void Disk::choose_data(const std::vector<std::size_t>& open,
                       std::vector<Fate>& fates,
                       Dice& dice) const {
    struct Luck {
        std::uint64_t way, limit;
    };
    std::map<int, Luck> luck;
    std::map<int, std::uint64_t> calls, seen;
    for (const auto index : open)
        if (is_data(index)) ++calls[events_[index].file];
    for (const auto index : open) {
        if (!is_data(index)) continue;
        const auto file = events_[index].file;
        if (!luck.contains(file)) luck[file] = {dice.below(6), dice.below(calls[file] + 1)};
        const auto& [way, limit] = luck[file];
        const auto number = seen[file]++;
        const bool kept = way == 0   ? false
                          : way == 1 ? true
                          : way == 2 ? number < limit
                          : way == 3 ? number != limit
                          : way == 4 ? dice.one_in(2)
                                     : !dice.one_in(8);
        if (kept)
            fates[index] = Fate::kept;
        else if (events_[index].what == What::write && dice.one_in(6))
            fates[index] = Fate::length;
    }
}

void Disk::choose_names(std::vector<Fate>& fates, Dice& dice) const {
    const auto names = dice.one_in(2) || names_ordered_ ? Names::ordered : Names::loose;
    std::size_t last_safe = 0, calls = 0;
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if (!is_name(i)) continue;
        ++calls;
        if (fates[i] == Fate::kept) last_safe = calls;
    }
    const auto limit = last_safe + dice.below(calls - last_safe + 1);
    const auto often = dice.below(3);
    calls = 0;
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if (!is_name(i)) continue;
        ++calls;
        if (fates[i] == Fate::kept) continue;
        const bool kept = names == Names::ordered ? calls <= limit
                          : often == 0            ? dice.one_in(4)
                          : often == 1            ? dice.one_in(2)
                                                  : !dice.one_in(4);
        if (kept) fates[i] = Fate::kept;
    }
}

Remains Disk::cut(std::size_t moment, std::uint64_t variant, Dice dice) const {
    std::vector<Fate> fates(moment, Fate::lost);
    std::vector<std::size_t> open;  // not synced
    for (std::size_t i = 0; i < moment; ++i) {
        if (!is_data(i) && !is_name(i)) continue;
        if (safe_from_[i] <= moment)
            fates[i] = Fate::kept;
        else
            open.push_back(i);
    }
    choose(open, fates, variant, dice);
    Remains remains;
    for (const auto index : open) remains.unsynced.emplace_back(index, fates[index]);
    name_files(remains, fates);
    for (const auto& [name, file] : remains.names)
        if (!remains.files.contains(file)) remains.files.emplace(file, contents(file, fates, dice));
    return remains;
}

void Disk::name_files(Remains& remains, const std::vector<Fate>& fates) const {
    remains.directories = base_directories_;
    remains.names = base_names_;
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if (fates[i] == Fate::lost) continue;
        const auto& event = events_[i];
        switch (event.what) {
            case What::create: remains.names[event.name] = event.file; break;
            case What::make_directory: remains.directories.insert(event.name); break;
            case What::remove_directory: remains.directories.erase(event.name); break;
            case What::rename:
                remains.names.erase(event.name);
                remains.names[event.to] = event.file;
                break;
            case What::remove: {
                const auto found = remains.names.find(event.name);
                if (found != remains.names.end() && found->second == event.file)
                    remains.names.erase(found);
                break;
            }
            default: break;
        }
    }
    // A directory that is not there takes what was in it along.
    std::erase_if(remains.names, [&](const auto& entry) {
        const auto slash = entry.first.rfind('/');
        return slash != std::string::npos &&
               !remains.directories.contains(entry.first.substr(0, slash));
    });
}

Remains::File Disk::contents(int file, const std::vector<Fate>& fates, Dice& dice) const {
    const auto& calls = data_[static_cast<std::size_t>(file)];
    const auto moment = fates.size();
    Remains::File out;
    while (out.synced < calls.size() && calls[out.synced] < moment &&
           safe_from_[calls[out.synced]] <= moment)
        ++out.synced;
    out.first = out.synced;
    for (auto i = out.synced; i < calls.size() && calls[i] < moment; ++i) {
        const auto fate = fates[calls[i]];
        if (fate == Fate::kept && out.first == i) ++out.first;
        if (fate == Fate::lost || out.first > i) continue;
        auto& piece =
            out.more.emplace_back(Remains::Piece{.call = calls[i], .fate = fate, .sectors = {}});
        if (fate != Fate::torn) continue;
        // Either the first sectors of it, or any of them.
        const auto& event = events_[calls[i]];
        const auto end = event.place + event.bytes.size();
        piece.sectors.resize((end + sector - 1) / sector - event.place / sector);
        const bool front = !dice.one_in(4);
        const auto kept = dice.below(piece.sectors.size() + 1);
        for (std::size_t j = 0; j < piece.sectors.size(); ++j)
            piece.sectors[j] = front ? j < kept : !dice.one_in(2);
    }
    return out;
}

void Disk::apply(std::string& bytes, const Remains::Piece& piece) const {
    const auto& event = events_[piece.call];
    if (event.what == What::resize) {
        bytes.resize(event.place);
        return;
    }
    const auto end = event.place + event.bytes.size();
    const auto put = [&](std::size_t from, std::size_t to) {
        if (bytes.size() < to) bytes.resize(to);
        std::memcpy(bytes.data() + from, event.bytes.data() + (from - event.place), to - from);
    };
    if (piece.fate == Fate::kept) return put(event.place, end);
    if (piece.fate == Fate::length && bytes.size() < end) bytes.resize(end);
    for (std::size_t i = 0; i < piece.sectors.size(); ++i)
        if (piece.sectors[i])
            put(std::max<std::size_t>(event.place, (event.place / sector + i) * sector),
                std::min<std::size_t>(end, (event.place / sector + i + 1) * sector));
}

std::string Disk::bytes(int file, const Remains::File& contents) {
    const auto& calls = data_[static_cast<std::size_t>(file)];
    auto& synced = synced_[file];
    if (synced.events > contents.synced || synced.events == 0)
        synced = {0, base_bytes_[static_cast<std::size_t>(file)]};
    for (; synced.events < contents.synced; ++synced.events)
        apply(synced.bytes, {calls[synced.events], Fate::kept, {}});
    auto out = synced.bytes;
    for (auto i = contents.synced; i < contents.first; ++i) apply(out, {calls[i], Fate::kept, {}});
    for (const auto& piece : contents.more) apply(out, piece);
    return out;
}

std::string Disk::story(const Remains& remains) const {
    static constexpr const char* fate_names[] = {"lost", "kept", "torn", "only its length"};
    std::string out;
    for (const auto& [call, fate] : remains.unsynced)
        out += fmt::format("  {} {}: {}\n",
                           call,
                           text_of(events_[call]),
                           fate_names[static_cast<std::size_t>(fate)]);
    return out;
}

std::string Disk::compare() {
    const auto all = cut(events_.size(), 1, Dice(0));
    std::set<std::string> there;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
        const auto name = entry.path().lexically_relative(root_).string();
        if (entry.is_directory()) {
            if (!all.directories.contains(name)) return name + " was made unseen";
            continue;
        }
        if (!entry.is_regular_file() || name.ends_with("-shm")) continue;
        there.insert(name);
        const auto found = all.names.find(name);
        if (found == all.names.end()) return name + " was made unseen";
        if (read_file(entry.path()).value() != bytes(found->second, all.files.at(found->second)))
            return name + " was changed unseen";
    }
    for (const auto& [name, file] : all.names)
        if (!there.contains(name)) return name + " was removed unseen";
    return {};
}

}  // namespace letopis::crash
