// SPDX-License-Identifier: AGPL-3.0-or-later
// Is what is stored what was stored? Everything is looked at and everything wrong is reported;
// nothing is mended.
#include <fmt/format.h>

#include <atomic>
#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "journal/state.hpp"

namespace letopis::journal {

namespace {

struct ClosedHashes {
    std::string journal, bodies;  // hex
};

std::optional<std::pair<std::uint64_t, ClosedHashes>> closed_hashes(std::string_view descriptor) {
    boost::system::error_code error;
    const auto value =
        boost::json::parse(boost::json::string_view(descriptor.data(), descriptor.size()), error);
    if (error || !value.is_object()) return std::nullopt;
    const auto& object = value.as_object();
    const auto *first = object.if_contains("first"),
               *journal = object.if_contains("journal_sha256"),
               *bodies = object.if_contains("bodies_sha256");
    if (first == nullptr || !first->is_int64() || journal == nullptr || !journal->is_string() ||
        bodies == nullptr || !bodies->is_string())
        return std::nullopt;
    return std::pair(
        static_cast<std::uint64_t>(first->as_int64()),
        ClosedHashes{std::string(journal->as_string()), std::string(bodies->as_string())});
}

std::string raw_sha256(std::string_view descriptor) {
    // "raw":{"size":N,"sha256":"…"} as written by the capturing code; other descriptors have none.
    const auto at = descriptor.find("\"sha256\":\"");
    if (at == std::string_view::npos || descriptor.size() < at + 10 + 64) return {};
    return std::string(descriptor.substr(at + 10, 64));
}

// Opens every record, on all cores: each takes the next slice that nobody has.
class DeepCheck {
public:
    std::atomic<std::uint64_t> bytes;
    std::atomic<std::uint64_t> objects = 0;
    std::atomic<std::uint64_t> messages = 0;
    std::map<std::uint64_t, std::string> problems;  // by record

    DeepCheck(Journal& journal,
              std::uint64_t records,
              Seq messages_before,
              const std::function<void(std::uint64_t)>& progress,
              std::uint64_t bytes_before)
        : bytes(bytes_before),
          journal_(journal),
          records_(records),
          messages_before_(messages_before),
          progress_(progress) {}

    void run() {
        const auto cores = std::clamp<std::uint64_t>(std::thread::hardware_concurrency(), 1, 8);
        std::vector<std::thread> others;
        for (std::uint64_t i = 1; i < std::min(cores, records_ / slice + 1); ++i)
            others.emplace_back([this] { work(); });
        work();
        for (auto& thread : others) thread.join();
    }

private:
    static constexpr std::uint64_t slice = 2048;

    void work() {
        for (;;) {
            const auto from = next_.fetch_add(1) * slice;
            if (from >= records_) return;
            check_slice(from, std::min(from + slice, records_));
            const std::lock_guard lock(mutex_);
            if (progress_) progress_(bytes);
        }
    }

    // In one go while all is well; where that fails, record by record, so that the guilty one is
    // named.
    void check_slice(std::uint64_t from, std::uint64_t end) {
        auto done = from;
        const auto fed = journal_.feed(
            Seq(from), end - from, Contents::with, [&](Record&& record) -> Result<bool> {
                check(record);
                done = record.seq.value() + 1;
                return true;
            });
        if (fed) return;
        for (auto seq = done; seq < end; ++seq) {
            const auto record = journal_.read(Seq(seq));
            if (record)
                check(*record);
            else
                problem(seq, record.error().what);
        }
    }

    void check(const Record& record) {
        if (record.erased_by) return;
        bytes += record.content.size() + record.descriptor.size();
        if (record.has_object) ++objects;
        if (record.kind == Kind::message && record.seq < messages_before_) ++messages;
        if ((record.kind == Kind::message || record.kind == Kind::file) &&
            raw_sha256(record.descriptor) != hex(crypto::sha256(record.content)))
            problem(record.seq.value(), "the content is not the one that its descriptor names");
    }

    void problem(std::uint64_t seq, std::string what) {
        const std::lock_guard lock(mutex_);
        problems.emplace(seq, std::move(what));
    }

    Journal& journal_;
    const std::uint64_t records_;
    const Seq messages_before_;
    const std::function<void(std::uint64_t)>& progress_;
    std::atomic<std::uint64_t> next_ = 0;
    std::mutex mutex_;  // guards problems, and progress is told from one thread at a time
};

}  // namespace

Result<Journal::Checked> Journal::verify(bool deep,
                                         const std::function<void(std::uint64_t)>& progress,
                                         Seq messages_before) {
    auto& state = *state_;
    Checked out;
    const auto report = [&](std::string where, std::string what) {
        if (out.problems.size() < 1000) out.problems.push_back({std::move(where), std::move(what)});
    };
    // Flat rows first: gapless numbers, leaves in order.
    const auto end = head();
    std::array<std::uint64_t, 3> next_leaf{};
    std::vector<std::pair<Seq, Seq>> holes;
    std::set<Seq> disposals;
    Seq at(0);
    while (at.value() < end.records) {
        auto went = leaves(at, end.records - at.value(), [&](const Leaf& leaf) -> Result<bool> {
            auto& expected = next_leaf[static_cast<std::size_t>(leaf.origin) % 3];
            if (leaf.leaf_index != expected)
                report(fmt::format("record {}", leaf.seq.value()),
                       fmt::format("leaf {} stands where {} should", leaf.leaf_index, expected));
            ++expected;
            ++out.records;
            if (leaf.erased_by) holes.emplace_back(leaf.seq, *leaf.erased_by);
            const auto entry = ledger::decode(leaf.entry);
            if (!entry)
                report(fmt::format("record {}", leaf.seq.value()), entry.error().what);
            else if (entry->type == static_cast<std::uint8_t>(LeafType::disposal_done))
                disposals.insert(leaf.seq);
            at = Seq(leaf.seq.value() + 1);
            return true;
        });
        if (went) break;
        report(fmt::format("record {}", at.value()), went.error().what);
        at = Seq(at.value() + 1);
        // One damaged page hides many records: go on behind its shard rather than record by record.
        const auto all = shards();
        const auto behind =
            std::ranges::find_if(all, [&](const ShardInfo& shard) { return shard.first > at; });
        if (behind == all.end()) break;
        at = behind->first;
    }
    // Whoever takes a body away must have written down that it was disposed of.
    for (const auto& [seq, disposal] : holes)
        if (!disposals.contains(disposal))
            report(fmt::format("record {}", seq.value()),
                   fmt::format("its body is gone and record {} is no disposal", disposal.value()));
    // The hashes of closed shards stand in the first record of the next shard.
    for (const auto& shard : shards()) {
        if (shard.first.value() == 0) continue;
        const auto record = read(shard.first, Contents::skip);
        if (!record) {
            report(fmt::format("record {}", shard.first.value()), record.error().what);
            continue;
        }
        const auto hashes = closed_hashes(record->descriptor);
        if (!hashes) {
            report(fmt::format("record {}", shard.first.value()),
                   "does not tell the hashes of the shard before");
            continue;
        }
        const auto check = [&](const std::string& label, const std::string& expected) {
            std::uint64_t bytes = 0;
            const auto got = hash_file(state.archive / label, bytes);
            out.bytes += bytes;
            if (progress) progress(out.bytes);
            if (!got)
                report(label, got.error().what);
            else if (hex(*got) != expected)
                report(label, "the file is not the one that was closed: its SHA-256 differs");
        };
        check(journal_label(Seq(hashes->first)), hashes->second.journal);
        check(bodies_label(Seq(hashes->first)), hashes->second.bodies);
    }
    if (deep) {
        DeepCheck check(*this, end.records, messages_before, progress, out.bytes);
        check.run();
        out.bytes = check.bytes;
        out.objects = check.objects;
        out.messages = check.messages;
        for (auto& [seq, what] : check.problems)
            report(fmt::format("record {}", seq), std::move(what));
        // Pages that no record stands on are looked at too.
        const std::shared_lock lock(state.files);
        std::vector<Problem> problems;
        auto live = ShardReader::open_live(state.archive, state.keyring);
        if (live)
            (*live)->read_every_page(problems, out.bytes);
        else
            report(live_label, live.error().what);
        auto once = open_file(state.archive, once_label, state.keyring, {.mode = sql::Mode::read});
        auto pages = once ? sql::read_every_page(*once)
                          : Result<std::uint64_t>(tl::unexpected<Error>(once.error()));
        if (!pages) report(once_label, pages.error().what);
        for (auto& problem : problems) report(problem.where, problem.what);
    } else {
        const std::shared_lock lock(state.files);
        auto live = ShardReader::open_live(state.archive, state.keyring);
        std::vector<Problem> problems;
        if (live)
            (*live)->read_every_page(problems, out.bytes);
        else
            report(live_label, live.error().what);
        for (auto& problem : problems) report(problem.where, problem.what);
        TRY_DO(state.objects.list([&](const std::string&) { ++out.objects; },
                                  [](const std::string&) {}));
    }
    if (const auto noted = read_end(state.archive); !noted) report(end_label, noted.error().what);
    // The reserve holds nothing; a byte in it that is not zero means that the disk does not keep
    // what it is given.
    const auto reserve = read_file(state.archive / "reserve", std::uint64_t(64) << 20);
    if (reserve && reserve->find_first_not_of('\0') != std::string::npos)
        report("reserve", "has bytes that nobody wrote");
    return out;
}

}  // namespace letopis::journal
