// SPDX-License-Identifier: AGPL-3.0-or-later
// Where was it said? Full text over every message, as encrypted SQLite FTS5 shards. A projection:
// it can be deleted and built again from the journal (docs/formats/index.md).
//
// Threads: search(), facets(), did_you_mean(), digest() and verify() may be called from any number
// of threads at once, also beside the one thread that writes. Everything that changes the index
// belongs to one thread at a time; a ShardBuilder belongs to the thread that uses it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/files.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "text/query.hpp"

namespace letopis::text {
class Analyser;
}

namespace letopis::search {

// The 32-byte page key of an index file, by a label such as "index/000003.db". Asked again for a
// label it must give the same key until the label is retired. Called from the thread that opens.
using KeySource = std::function<Result<std::string>(const std::string& label)>;

// What is indexed of one message.
struct Doc {
    Seq seq;
    Instant sort_date;
    std::string subject;
    std::string body;
    std::string attachments;  // names and texts
    // Filter terms, matched verbatim, each of the form name:value and at most 200 bytes:
    // "channel:email", "has:attachment", "lang:ru", "source:…", "conv:…", "kind:service", and what
    // add_party_terms and add_filename_terms make. Of channel: and lang: a message has one each.
    std::vector<std::string> terms;
    std::uint32_t size_bytes = 0;
    std::uint64_t group = 0;  // opaque; the unit of rights (a conversation, a client)
    std::string sender;       // for the facet; normalised address
    std::uint8_t channel = 0;
    bool has_attachment = false;
};

// from:anna@client.example finds the address, from:анна a word of the name or of the address.
// `prefix` is "from" or "to" (for to, cc and bcc).
void add_party_terms(text::Analyser& analyser,
                     std::string_view prefix,
                     std::string_view address,
                     std::string_view name,
                     std::vector<std::string>& terms);
// filename:счёт.pdf and filename:счёт find "Счёт.pdf".
void add_filename_terms(text::Analyser& analyser,
                        std::string_view filename,
                        std::vector<std::string>& terms);

// The doc again, for a merge, or to check ="exactly as written". not_found leaves it out.
using TextSource = std::function<Result<Doc>(Seq seq)>;
// Messages with a changeable property (tag:, client:, is:…), or nullopt when this field is not kept
// outside the index; then the filter terms are asked.
using ResolveSet = std::function<Result<std::optional<std::vector<Seq>>>(text::Field field,
                                                                         std::string_view value)>;

// Who may see what: nothing outside it is counted, listed or suggested.
struct Scope {
    // Asked once for each group of a shard; empty: everything is allowed.
    std::function<bool(std::uint64_t group)> allows;
    // And this, when it is there, must match: words and fields that the index knows by itself
    // (from, to, channel, source, dates); with a version not 0 its rows are found once for each
    // shard.
    std::shared_ptr<const text::Node> filter;
    // Not 0: the same number promises the same answers, so that they may be kept between queries.
    std::uint64_t version = 0;

    bool is_everything() const { return !allows && !filter; }
    static Scope everything() { return {}; }
    static Scope matching(std::shared_ptr<const text::Node> filter, std::uint64_t version = 0);
    static Scope groups(std::unordered_set<std::uint64_t> allowed, std::uint64_t version = 0);
};

enum class Order : std::uint8_t { newest, relevance };

struct Request {
    const text::Node& query;
    Scope scope;
    Order order = Order::newest;
    std::size_t limit = 50;
    std::string cursor;  // of the answer before, for the next page
    ResolveSet resolve;
    TextSource texts;  // without it ="exact" is answered by word forms, and exact is false
    std::size_t exact_checks_max = 2000;  // texts that ="exact" may read
};

struct Hit {
    Seq seq;
    Instant date;
    double score = 0;
};

struct Answer {
    std::vector<Hit> hits;
    std::uint64_t total = 0;
    bool exact = true;   // false: total counts messages that were not compared; note says so
    std::string cursor;  // empty: this was the last page
    std::string note;
};

struct Month {
    int year = 0;
    int month = 0;
    std::uint64_t count = 0;
};

struct Facets {
    std::uint64_t total = 0;
    std::uint64_t with_attachment = 0;
    std::vector<std::pair<std::uint8_t, std::uint64_t>> channels;  // largest first
    std::vector<std::pair<std::string, std::uint64_t>> senders;    // the ten largest
    std::vector<std::pair<std::string, std::uint64_t>> languages;  // largest first
    std::vector<Month> months;                                     // oldest first
};

struct ShardInfo {
    std::string label;
    std::uint64_t docs = 0;
    std::uint64_t dead = 0;  // removed, but still in the file until compact()
    std::uint64_t bytes = 0;
    bool sorted = true;    // rows in date order
    bool overlay = false;  // the shard that takes new messages
};

struct VerifyReport {
    std::uint64_t docs = 0;
    std::vector<std::string> faults;  // empty: all is well
};

// Builds one shard in a file of its own. Docs come in the order of (sort_date, seq).
class ShardBuilder {
public:
    ~ShardBuilder();  // a shard that was not adopted is removed
    // Errors: invalid when the order is broken, no_space, io.
    Result<void> add(const Doc& doc);
    // Optimises and closes the file; nothing can be added after it.
    Result<void> finish();
    std::uint64_t docs() const;
    // 5 million messages or 2 GiB: time to finish and to begin another.
    bool full() const;

private:
    friend class Engine;
    struct State;
    explicit ShardBuilder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

struct Options {
    bool writable = false;
    std::size_t overlay_docs_max = 20'000;
    // So many messages of a closed shard must have a term before its set of rows is kept ready
    // beside the postings: fewer postings are read as quickly.
    std::uint64_t frequent_docs_min = 32'768;
    bool alone = false;  // for reading: nobody writes while it is open
};

class Engine {
public:
    // Errors: not_found (no index yet, and not writable), wrong_key, corrupt, unfit (made by
    // another version of the analyser; a writable open starts empty instead, from position 0).
    static Result<std::unique_ptr<Engine>> open(const Path& index_dir,
                                                KeySource keys,
                                                const Options& options);
    // Removes every file of the index.
    static Result<void> wipe(const Path& index_dir);
    ~Engine();

    // Everything before this journal position is in the index; 0 where that cannot be read.
    std::uint64_t position() const;
    std::uint64_t docs() const;
    std::vector<ShardInfo> shards() const;

    // Bulk: builders may run in several threads, over parts that do not overlap in date.
    Result<std::unique_ptr<ShardBuilder>> new_shard();
    // Makes finished shards visible together with the new position: all or nothing.
    Result<void> adopt(std::vector<std::unique_ptr<ShardBuilder>> built, std::uint64_t position);
    // The same in one thread: next fills the doc and returns true, or returns false at the end.
    Result<void> bulk(const std::function<Result<bool>(Doc&)>& next, std::uint64_t position);

    // Live: visible after commit(). A seq that is there already is replaced. After an error of one
    // of these the engine must be opened again; what was not committed is then not there.
    Result<void> add(const Doc& doc);
    Result<void> remove(const std::vector<Seq>& seqs);
    Result<void> commit(std::uint64_t position);
    // Freezes a full overlay and merges small shards, at most `docs_max` messages together, for
    // about `budget`; true: there is more to do.
    Result<bool> maintain(const TextSource& texts,
                          std::chrono::milliseconds budget = std::chrono::milliseconds(200),
                          std::uint64_t docs_max = 5'000'000);
    // Erasure: builds the shard again from the texts of its remaining messages, in a new file under
    // a new key; the old file is removed and its label retired. Nothing uncommitted may be open.
    Result<void> compact(const std::string& label, const TextSource& texts);
    // Labels whose files are gone: their keys may be destroyed; then say so with forget_retired.
    std::vector<std::string> retired_labels() const;
    Result<void> forget_retired(const std::vector<std::string>& labels);

    Result<Answer> search(const Request& request) const;
    Result<Facets> facets(const Request& request) const;
    // A word near this one (two changes, swapped letters, the other keyboard layout) that at least
    // 20 messages have (below 2,000 messages one in a hundred, but two), one of them in scope.
    Result<std::optional<std::string>> did_you_mean(std::string_view word,
                                                    const Scope& scope) const;

    // Every page, the structure of every index, and its counts against the arrays beside it.
    Result<VerifyReport> verify() const;
    // Of all terms with column, message and position and all dates, lengths, sizes and groups,
    // whatever shards they are in: an index built again from the same journal has the same.
    Result<Digest> digest() const;

    struct State;  // of the implementation

private:
    explicit Engine(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace letopis::search
