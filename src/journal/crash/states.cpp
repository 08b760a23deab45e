// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/crash/states.hpp"

#include <fmt/format.h>

#include <cstring>
#include <numeric>

namespace letopis::journal {

using crash::Dice;
using crash::Disk;

namespace {
constexpr std::uint64_t variants = 8;  // of Disk::cut; half of them by chance
// One state in so many is cut again while it is mended, at so many places.
constexpr std::uint64_t mended_of = 32, second_cuts = 6;
// Of archives that were found good before, one in so many is looked at to the end all the same.
constexpr std::uint64_t looked_at_again_of = 64;

std::string call_at(const Disk& disk, std::size_t moment) {
    return fmt::format("call {} of {} ({})",
                       moment,
                       disk.events().size(),
                       moment < disk.events().size() ? text_of(disk.events()[moment]) : "the end");
}

Digest with(Digest digest, std::uint64_t number) {
    std::string text(reinterpret_cast<const char*>(digest.data()), digest.size());
    return crypto::sha256(text + std::to_string(number));
}
}  // namespace

std::size_t States::Hash::operator()(const Digest& digest) const {
    std::size_t out = 0;
    std::memcpy(&out, digest.data(), sizeof out);
    return out;
}

States::States(const Run& run, Path folder, Counts& counts)
    : run_(run),
      archive_(folder / "1"),
      second_(folder / "2"),
      store_(folder / "store"),
      second_store_(folder / "store2"),
      counts_(counts),
      moments_(run.disk.events().size() + 1) {
    std::filesystem::create_directories(store_);
}

Complaint States::look_at(std::uint64_t number, std::string& story) {
    const auto moment = moment_of(number);
    // Every moment comes once in a round, and each time with another variant.
    const auto variant = (number / moments_ + moment) % variants;
    Dice dice(run_.seed * 0x100000001b3u + number);
    const auto mark = run_.disk.marked(moment);
    const auto remains = run_.disk.cut(moment, variant, Dice(dice.next()));
    ++counts_.done;
    if (!seen_.insert(with(remains.digest(), mark)).second) return {};
    ++counts_.distinct;
    const auto& promise = run_.truth.promises[mark];
    const bool mended = dice.one_in(mended_of), to_the_end = dice.one_in(looked_at_again_of);
    auto laid = crash::lay_out(run_.disk, remains, archive_, store_);
    const auto bad = !laid    ? complain("the state cannot be laid out", laid.error())
                     : mended ? after_two_cuts(promise, Dice(dice.next()), story)
                              : after_one_cut(remains, mark, to_the_end, Dice(dice.next()));
    if (!bad.empty())
        story = fmt::format("cut before {}, variant {}, {} records acknowledged\n{}{}",
                            call_at(run_.disk, moment),
                            variant,
                            promise.records,
                            run_.disk.story(remains),
                            story);
    return bad;
}

std::vector<std::size_t> States::acknowledged(const Promise& promise) const {
    std::vector<std::size_t> all(promise.once);
    std::iota(all.begin(), all.end(), std::size_t(0));
    return all;
}

Complaint States::after_one_cut(const crash::Remains& remains,
                                std::uint64_t mark,
                                bool to_the_end,
                                Dice dice) {
    const auto& promise = run_.truth.promises[mark];
    Check check(run_.truth, archive_, run_.key_file);
    Check::After after;
    auto bad = check.open();
    if (!bad.empty()) return bad;
    const auto opened = check.opened(remains, mark);
    const bool known = opened && good_.contains(*opened);
    auto again = acknowledged(promise);
    if (!known || to_the_end) {
        bad = check.promised(promise, after);
        if (bad.empty()) bad = check.verified();
        if (!bad.empty()) return bad;
    } else {
        ++counts_.again;
        if (!again.empty()) again = {again[dice.below(again.size())]};
    }
    bad = check.append(again, noise(dice, dice.below(dice.one_in(4) ? 9000 : 200)), after);
    if (bad.empty() && opened) good_.insert(*opened);
    return bad;
}

// What comes later: a record behind the cut, a shard closed, and the power cut again meanwhile.
Complaint States::after_two_cuts(const Promise& promise, Dice dice, std::string& story) {
    Disk mending(archive_);
    Check::After after;
    Check check(run_.truth, archive_, run_.key_file);
    auto bad = check.open();
    if (bad.empty())
        bad = check.append(
            acknowledged(promise), noise(dice, dice.below(dice.one_in(4) ? 9000 : 200)), after);
    if (!bad.empty()) return bad;
    mending.mark(1);
    bad = check.close_shard();
    mending.mark(2);
    if (bad.empty()) bad = check.promised(promise, after);
    if (bad.empty()) bad = check.verified();
    check.close();
    mending.stop();
    for (const auto& part : run_.forget) mending.forget_syncs(part);
    std::filesystem::remove_all(second_store_);
    std::filesystem::create_directories(second_store_);
    for (std::uint64_t i = 0; i < second_cuts && bad.empty(); ++i)
        bad = after_the_second(promise, after, mending, Dice(dice.next()), story);
    return bad;
}

Complaint States::after_the_second(const Promise& promise,
                                   const Check::After& after,
                                   Disk& mending,
                                   Dice dice,
                                   std::string& story) {
    const auto later = dice.below(mending.events().size() + 1);
    const auto variant = dice.below(variants);
    const auto remains = mending.cut(later, variant, Dice(dice.next()));
    ++counts_.twice;
    story = fmt::format("second cut before {}, variant {}\n{}",
                        call_at(mending, later),
                        variant,
                        mending.story(remains));
    if (auto laid = crash::lay_out(mending, remains, second_, second_store_); !laid)
        return complain("the state cannot be laid out", laid.error());
    Check again(run_.truth, second_, run_.key_file);
    auto bad = again.open();
    if (!bad.empty()) return bad;
    // The record behind the first cut is promised once its append had returned.
    if (mending.marked(later) >= 1 && again.head() <= after.begin()->first)
        return "the record that was appended behind the first cut is lost";
    bad = again.promised(promise, after);
    return bad.empty() ? again.verified() : bad;
}

}  // namespace letopis::journal
