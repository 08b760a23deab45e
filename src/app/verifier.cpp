// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/verifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>

#include "app/descriptor.hpp"
#include "app/projector.hpp"
#include "objects/objects.hpp"
#include "sql/sqlite.hpp"

namespace letopis::app {

namespace {

Result<std::uint64_t> read_catalog_pages(Archive& archive) {
    TRY(const auto key, archive.keyring().find(crypto::Purpose::page, "catalog.db"));
    TRY(auto db,
        sql::Database::open(
            archive.directory() / "catalog.db", key.key.bytes(), {.mode = sql::Mode::read}));
    return sql::read_every_page(db);
}

constexpr std::uint64_t tile_limit = 64 * 1024;
constexpr journal::Origin origins[] = {journal::Origin::archive, journal::Origin::audit};

class Verifier {
public:
    Verifier(Archive& archive,
             bool deep,
             const std::function<void(std::uint64_t)>& progress,
             const std::string& outside_head)
        : archive_(archive), deep_(deep), progress_(progress), outside_head_(outside_head) {}

    Result<Verified> run() {
        if (deep_) open_catalog();
        // The journal checks itself beside everything else, which is told after it.
        auto checking = std::async(std::launch::async, [&] {
            return archive_.journal().verify(deep_, progress_, catalog_position_);
        });
        identity();
        log(journal::Origin::archive, out_.root);
        log(journal::Origin::audit, out_.audit_root);
        if (!outside_head_.empty()) outside();
        object_files();
        if (deep_) projections();
        TRY(auto checked, checking.get());
        out_.records = checked.records;
        out_.objects = checked.objects;
        out_.bytes += checked.bytes;
        if (deep_) catalog_counts(checked.messages);
        out_.problems.insert(out_.problems.begin(),
                             std::make_move_iterator(checked.problems.begin()),
                             std::make_move_iterator(checked.problems.end()));
        return std::move(out_);
    }

private:
    void problem(std::string where, std::string what) {
        out_.problems.push_back({std::move(where), std::move(what)});
    }

    void identity() {
        const auto toml = read_file(archive_.directory() / "archive.toml", 64 * 1024);
        const auto first = archive_.journal().read(Seq(0), journal::Contents::skip);
        if (!toml) return problem("archive.toml", toml.error().what);
        if (!first) return problem("record 0", first.error().what);
        if (first->descriptor.find(hex(crypto::sha256(*toml))) == std::string::npos)
            problem("archive.toml", "is not the file that the archive was made with");
        const auto reserve = read_file(archive_.directory() / "archive.lock", 1);
        if (!reserve) problem("archive.lock", reserve.error().what);
    }

    // The tree is computed anew from the journal's entries and compared with what was signed and
    // with every tile.
    void log(journal::Origin origin, std::string& root) {
        const auto options = archive_.log_options(origin);
        const auto name = "log/" + options.origin.slug;
        auto published = ledger::PublishedLog::open(options);
        std::optional<ledger::Checkpoint> head;
        if (published)
            head = published->head();
        else if (published.error().code == Errc::not_found && archive_.may_be_unsigned(origin))
            out_.notes.push_back(options.origin.name + " has not been signed yet");
        else
            problem(name + "/checkpoint",
                    published.error().what +
                        ", and nothing is signed over that; `letopis rebuild ledger` signs the "
                        "journal as it is now");
        auto tree = ledger::Log::rebuild({.directory = options.directory / "not-written",
                                          .origin = options.origin,
                                          .key = options.key});
        if (!tree) return problem(name, tree.error().what);
        std::optional<Digest> at_head;
        std::vector<Digest> hashes;
        const auto flush = [&] {
            (*tree)->append(hashes);
            hashes.clear();
        };
        std::uint64_t count = 0;
        const auto read =
            archive_.journal().leaves(Seq(0),
                                      archive_.journal().head().records,
                                      [&](const journal::Leaf& leaf) -> Result<bool> {
                                          if (leaf.origin != origin) return true;
                                          hashes.push_back(ledger::leaf_hash(leaf.entry));
                                          ++count;
                                          if (head && count == head->size) {
                                              flush();
                                              at_head = (*tree)->root();
                                          }
                                          if (hashes.size() >= 65536) flush();
                                          return true;
                                      });
        if (!read) return;  // the journal's own check has said it
        flush();
        root = hex((*tree)->root());
        if (!head) return;
        if (head->size > count)
            problem(name + "/checkpoint",
                    fmt::format("covers {} records, but the journal has {}: its end is lost",
                                head->size,
                                count));
        else if (head->size > 0 && at_head != head->root)
            problem(name,
                    "the journal's records are not those that were signed: their root differs");
        if (head->size < count)
            out_.notes.push_back(fmt::format("{} records of {} are newer than its checkpoint",
                                             count - head->size,
                                             options.origin.name));
        const auto tiles = published->damaged_tiles();
        if (!tiles) return problem(name, tiles.error().what);
        for (const auto& tile : *tiles)
            problem(name + "/" + tile,
                    "the tile is missing or damaged; `letopis rebuild ledger` makes it again");
        older_tiles(options.directory / "tile", name + "/tile");
    }

    // Partial tiles of earlier heads stay until their tile is full. Nobody needs them, but whoever
    // asks for one must not get a wrong one: each is the beginning of the widest beside it.
    void older_tiles(const Path& directory, const std::string& name) {
        std::error_code error;
        std::map<Path, std::map<unsigned long, Path>> partial;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, error))
            if (entry.is_regular_file() && entry.path().parent_path().extension() == ".p" &&
                entry.path().extension() != ".tmp")  // a crash may leave those
                partial[entry.path().parent_path()].emplace(
                    std::strtoul(entry.path().filename().c_str(), nullptr, 10), entry.path());
        for (const auto& [parent, files] : partial) {
            auto full = parent;
            full.replace_extension();
            const auto widest = read_file(
                std::filesystem::exists(full, error) ? full : files.rbegin()->second, tile_limit);
            for (const auto& [width, file] : files) {
                const auto bytes = read_file(file, tile_limit);
                if (!bytes || !widest || bytes->size() != width * sizeof(Digest) ||
                    !widest->starts_with(*bytes))
                    problem(name + "/" + file.lexically_relative(directory).string(),
                            "the tile of an earlier head is damaged; delete it, nothing needs it");
            }
        }
    }

    // The journal must lead to the head that somebody outside knows.
    void outside() {
        for (const auto origin : origins) {
            const auto options = archive_.log_options(origin);
            if (!options.key) continue;
            const auto head = ledger::verify_checkpoint(outside_head_, *options.key);
            if (!head) continue;
            const auto root = root_at(origin, head->size);
            if (!root)
                problem("head from outside", root.error().what);
            else if (*root != head->root)
                problem("head from outside",
                        fmt::format("the first {} records of {} are not those that it covers",
                                    head->size,
                                    options.origin.name));
            return;
        }
        problem("head from outside", "is not signed by this archive");
    }

    Result<Digest> root_at(journal::Origin origin, std::uint64_t size) {
        const auto options = archive_.log_options(origin);
        const auto have = archive_.journal().head().leaves[static_cast<std::size_t>(origin)];
        if (have < size)
            return fail(Errc::corrupt,
                        fmt::format("covers {} records of {}, but the journal has {}: this is an "
                                    "older copy, or its end is lost",
                                    size,
                                    options.origin.name,
                                    have));
        TRY(auto tree,
            ledger::Log::rebuild({.directory = options.directory / "not-written",
                                  .origin = options.origin,
                                  .key = options.key}));
        std::uint64_t left = size;
        TRY_DO(archive_.journal().leaves(Seq(0),
                                         archive_.journal().head().records,
                                         [&](const journal::Leaf& leaf) -> Result<bool> {
                                             if (leaf.origin != origin) return true;
                                             if (left == 0) return false;
                                             const auto hash = ledger::leaf_hash(leaf.entry);
                                             tree->append(std::span(&hash, 1));
                                             return --left != 0;
                                         }));
        return tree->root();
    }

    void object_files() {
        objects::Store store(archive_.directory() / "objects");
        std::uint64_t strangers = 0;
        const auto listed =
            store.list([](const std::string&) {}, [&](const std::string&) { ++strangers; });
        if (!listed) return problem("objects", listed.error().what);
        if (strangers != 0)
            out_.notes.push_back(fmt::format("{} files in objects/ are none of ours", strangers));
    }

    void open_catalog() {
        auto catalog = archive_.open_catalog(catalog::Access::read);
        if (!catalog) {
            if (catalog.error().code == Errc::not_found)
                out_.notes.emplace_back("the catalogue has not been made yet");
            else
                problem("catalog.db",
                        catalog.error().what + "; `letopis rebuild catalog` makes it again");
            return;
        }
        const auto position = (*catalog)->position();
        const auto counts = (*catalog)->counts();
        if (!position || !counts)
            return problem("catalog.db", (position ? counts.error() : position.error()).what);
        catalog_position_ = *position;
        captured_ = counts->captured;
    }

    void catalog_counts(std::uint64_t messages) {
        if (captured_ && messages != *captured_)
            problem("catalog.db",
                    fmt::format("has {} captured items where the journal has {}; `letopis rebuild "
                                "catalog` makes it again",
                                *captured_,
                                messages));
    }

    void projections() {
        if (captured_) catalog_pages();
        auto engine = archive_.open_engine(false);
        if (!engine) {
            if (engine.error().code == Errc::not_found)
                out_.notes.emplace_back("the index has not been made yet");
            else
                problem("index", engine.error().what + "; `letopis rebuild search` makes it again");
            return;
        }
        index_pages();
        const auto report = (*engine)->verify();
        if (!report) return problem("index", report.error().what);
        for (const auto& fault : report->faults)
            problem("index", fault + "; `letopis rebuild search` makes it again");
    }

    // Pages that hold nothing at the moment are looked at too.
    void index_pages() {
        const auto names = list_directory(archive_.directory() / "index");
        if (!names) return problem("index", names.error().what);
        for (const auto& name : *names) {
            if (!name.ends_with(".db")) continue;
            const auto label = "index/" + name;
            const auto key = archive_.keyring().find(crypto::Purpose::index_page, label);
            if (!key) {
                out_.notes.push_back(label + " belongs to no key: a build that was not finished");
                continue;
            }
            auto db = sql::Database::open(
                archive_.directory() / label, key->key.bytes(), {.mode = sql::Mode::read});
            const auto pages = db ? sql::read_every_page(*db)
                                  : Result<std::uint64_t>(tl::unexpected<Error>(db.error()));
            if (pages)
                out_.bytes += *pages;
            else
                problem(label,
                        "a page is damaged: " + pages.error().what +
                            "; `letopis rebuild search` makes it again");
        }
    }

    void catalog_pages() {
        const auto pages = read_catalog_pages(archive_);
        if (!pages)
            return problem("catalog.db",
                           "a page is damaged: " + pages.error().what +
                               "; `letopis rebuild catalog` makes it again");
        out_.bytes += *pages;
    }

    Archive& archive_;
    bool deep_;
    const std::function<void(std::uint64_t)>& progress_;
    const std::string& outside_head_;
    Seq catalog_position_ = Seq(0);
    std::optional<std::uint64_t> captured_;  // as the catalogue counts
    Verified out_;
};

// Why the catalogue cannot be used; empty when it can, or when it is not there.
Result<std::string> catalog_fault(Archive& archive) {
    const auto damage = [](const Error& error) -> Result<std::string> {
        switch (error.code) {
            case Errc::not_found: return std::string();
            case Errc::corrupt:
            case Errc::wrong_key:
            case Errc::unsupported:
            case Errc::conflict:
            case Errc::invalid: return error.what;
            default: return tl::unexpected<Error>(error);
        }
    };
    if (const auto catalog = archive.open_catalog(catalog::Access::read); !catalog)
        return damage(catalog.error());
    if (const auto pages = read_catalog_pages(archive); !pages) return damage(pages.error());
    return std::string();
}

}  // namespace

Result<Verified> verify(Archive& archive,
                        bool deep,
                        const std::function<void(std::uint64_t)>& progress,
                        const std::string& outside_head) {
    return Verifier(archive, deep, progress, outside_head).run();
}

Result<Rebuilt> rebuild(Archive& archive,
                        const std::string& what,
                        catalog::ThreadingRule rule,
                        const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const std::lock_guard one_at_a_time(archive.projecting());
    const bool all = what.empty();
    const auto make = [&](bool catalogue, bool index) -> Result<void> {
        if (catalogue) TRY_DO(sql::remove_database(archive.directory() / "catalog.db"));
        if (index) TRY_DO(search::Engine::wipe(archive.directory() / "index"));
        TRY(auto projector, Projector::open(archive, {.threading = rule, .index = index}));
        return projector->catch_up(progress);
    };
    Rebuilt rebuilt;
    auto made = make(what != "search", what != "catalog");
    if (!made && what == "search") {
        // The index takes the dates of messages and their sources from the catalogue.
        TRY(rebuilt.catalog_fault, catalog_fault(archive));
        if (!rebuilt.catalog_fault.empty()) made = make(true, true);
    }
    TRY_DO(std::move(made));
    if (!all) return rebuilt;
    TRY_DO(archive.check_logs());
    for (const auto origin : origins) TRY_DO(archive.rebuild_log(origin));
    return rebuilt;
}

Result<std::vector<RebuiltLog>> rebuild_ledger(Archive& archive, std::string_view who) {
    std::vector<RebuiltLog> logs;
    for (const auto origin : origins) {
        const auto options = archive.log_options(origin);
        auto& log = logs.emplace_back();
        log.name = options.origin.name;
        log.records = archive.journal().head().leaves[static_cast<std::size_t>(origin)];
        if (const auto head = ledger::PublishedLog::open(options))
            log.before = head->head();
        else if (head.error().code != Errc::not_found)
            log.damaged = true;
    }
    // Before the signature, which then covers it. Where both heads are valid nothing new is
    // claimed.
    if (!std::ranges::all_of(logs, [](const RebuiltLog& log) { return log.before.has_value(); }))
        TRY_DO(archive.record_access(journal::Kind::log_rebuilt, write(who, logs)));
    for (const auto origin : origins) TRY_DO(archive.rebuild_log(origin));
    return logs;
}

}  // namespace letopis::app
