// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <map>

#include "base/check.hpp"
#include "base/mutant.hpp"

namespace letopis::app {

namespace {

constexpr journal::Origin origins_all[] = {journal::Origin::archive, journal::Origin::audit};

constexpr std::string_view first_line =
    "# Letopis archive: identity, no secrets. Do not edit: its hash stands in the journal.\n";

// The strict little part of TOML that we write: `key = integer` and `key = "text without escapes"`.
Result<std::map<std::string, std::string>> read_pairs(std::string_view text) {
    std::map<std::string, std::string> pairs;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto equals = line.find(" = ");
        if (equals == std::string_view::npos)
            return fail(Errc::corrupt, "archive.toml has a line that is not `key = value`");
        auto value = line.substr(equals + 3);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        if (!pairs.emplace(line.substr(0, equals), value).second)
            return fail(Errc::corrupt, "archive.toml names a key twice");
    }
    return pairs;
}

Result<std::uint64_t> number(const std::map<std::string, std::string>& pairs,
                             const std::string& key) {
    const auto found = pairs.find(key);
    std::uint64_t value = 0;
    if (found == pairs.end()) return fail(Errc::corrupt, "archive.toml has no " + key);
    const auto& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(Errc::corrupt, "archive.toml: " + key + " is not a number");
    return value;
}

}  // namespace

std::string write_identity(const Identity& identity) {
    auto text = fmt::format("{}format = {}\nid = \"{}\"\nhost = \"{}\"\ncreated = \"{}\"\n",
                            first_line,
                            archive_format,
                            identity.id,
                            identity.host,
                            rfc3339(identity.created));
    if (identity.disk_reserve_bytes)
        text += fmt::format("disk_reserve_bytes = {}\n", *identity.disk_reserve_bytes);
    return text;
}

Result<Identity> read_identity(const Path& archive) {
    auto text = read_file(archive / "archive.toml", 64 * 1024);
    if (!text && text.error().code == Errc::not_found)
        return fail(
            Errc::not_found,
            "there is no Letopis archive in " + archive.string(),
            "Make one with `letopis init`, or name the right directory with --archive DIR.");
    if (!text) return tl::unexpected<Error>(std::move(text).error());
    TRY(const auto pairs, read_pairs(*text));
    TRY(const auto format, number(pairs, "format"));
    if (format > archive_format)
        return fail(
            Errc::unsupported,
            fmt::format(
                "this archive has format {}; this version of Letopis knows formats up to {}",
                format,
                archive_format),
            "Use the newer version of Letopis that wrote it.");
    Identity identity;
    const auto text_of = [&](const char* key) -> Result<std::string> {
        const auto found = pairs.find(key);
        if (found == pairs.end() || found->second.empty())
            return fail(Errc::corrupt, std::string("archive.toml has no ") + key);
        return found->second;
    };
    TRY(identity.id, text_of("id"));
    TRY(identity.host, text_of("host"));
    for (const auto origin : origins_all)
        if (!origin_of(identity, origin))
            return fail(Errc::corrupt, "archive.toml: host cannot be the name of a log");
    TRY(const auto created, text_of("created"));
    const auto instant = parse_rfc3339(created);
    if (!instant) return fail(Errc::corrupt, "archive.toml: created is not a date");
    identity.created = *instant;
    if (pairs.contains("disk_reserve_bytes")) {
        TRY(identity.disk_reserve_bytes, number(pairs, "disk_reserve_bytes"));
    }
    return identity;
}

Result<Lock> Lock::take(const Path& archive) {
    const auto file = archive / "archive.lock";
    Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return tl::unexpected<Error>(system_error("cannot open " + file.string(), errno));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(Errc::unavailable, "another process has this archive open");
    return Lock(std::move(fd));
}

Result<ledger::Origin> origin_of(const Identity& identity, journal::Origin origin) {
    return ledger::origin_of(
        identity.host,
        origin == journal::Origin::audit ? ledger::LogKind::audit : ledger::LogKind::archive);
}

Archive::Archive(Path directory, Identity identity, const Clock& clock, Lock lock)
    : directory_(std::move(directory)),
      identity_(std::move(identity)),
      clock_(clock),
      lock_(std::move(lock)) {}
Archive::~Archive() = default;

Result<void> Archive::create(const Path& directory,
                             const crypto::Unlock& unlock,
                             const CreateOptions& options,
                             const Clock& clock,
                             std::string* sheet) {
    std::error_code ignored;
    if (std::filesystem::exists(directory / "archive.toml", ignored))
        return fail(Errc::conflict,
                    "there is an archive in " + directory.string() + " already",
                    "Choose another directory.");
    if (std::filesystem::exists(directory, ignored) &&
        !std::filesystem::is_empty(directory, ignored))
        return fail(Errc::conflict,
                    directory.string() + " is not empty",
                    "Choose an empty or a new directory.");
    TRY_DO(make_directories(std::filesystem::absolute(directory)));
    Identity identity{.id = hex(random_bytes(16)),
                      .host = options.host,
                      .created = std::chrono::floor<std::chrono::seconds>(clock.now()),
                      .disk_reserve_bytes = options.disk_reserve_bytes};
    if (identity.host.empty()) identity.host = "letopis-" + identity.id.substr(0, 8);
    TRY(const auto archive_origin, origin_of(identity, journal::Origin::archive));
    TRY(const auto audit_origin, origin_of(identity, journal::Origin::audit));
    const auto toml = write_identity(identity);
    TRY(auto lock, Lock::take(directory));
    const std::vector<std::string> origins{archive_origin.name, audit_origin.name};
    TRY(auto keyring, crypto::Keyring::create(directory, unlock, origins, clock.now()));
    const std::pair<crypto::Purpose, std::string> wanted[] = {
        {crypto::Purpose::page, "catalog.db"}, {crypto::Purpose::index_page, "index/manifest.db"}};
    TRY_DO(keyring->ensure_all(wanted, clock.now()));
    const auto descriptor = fmt::format(
        R"({{"v":1,"archive":"{}","host":"{}","signed":true,"toml":{{"size":{},"sha256":"{}"}}}})",
        identity.id,
        identity.host,
        toml.size(),
        hex(crypto::sha256(toml)));
    TRY_DO(journal::Journal::create(directory, *keyring, clock, descriptor));
    if (sheet != nullptr) *sheet = crypto::recovery_sheet(*keyring);
    auto archive =
        std::unique_ptr<Archive>(new Archive(directory, identity, clock, std::move(lock)));
    keyring.reset();
    TRY_DO(archive->open_parts(unlock));
    // Both logs have a head before there is an archive, so that one without a head is damaged.
    for (const auto origin : origins_all) TRY_DO(archive->rebuild_log(origin));
    // archive.toml makes it an archive: last, and durable.
    return write_file_durably(directory / "archive.toml", toml, 0644);
}

Result<std::unique_ptr<Archive>> Archive::open(
    const Path& directory, const crypto::Unlock& unlock, const Clock& clock, Lock lock, Stay stay) {
    TRY(auto identity, read_identity(directory));
    auto archive = std::unique_ptr<Archive>(
        new Archive(directory, std::move(identity), clock, std::move(lock)));
    archive->brief_ = stay == Stay::brief;
    TRY_DO(archive->open_parts(unlock));
    return archive;
}

Result<void> Archive::open_parts(const crypto::Unlock& unlock) {
    TRY(keyring_, crypto::Keyring::open(directory_, unlock));
    rotate_if_due();
    if (brief_) early_ = std::async(std::launch::async, [this] { return open_projections(); });
    for (const auto origin : origins_all) {
        const auto name = origin_of(identity_, origin)->name;
        if (const auto seed = keyring_->find(crypto::Purpose::log, name))
            log_keys_[static_cast<std::size_t>(origin)] =
                ledger::verifier(ledger::Signer{.name = name, .seed = seed->key});
    }
    TRY(journal_,
        journal::Journal::open(
            directory_,
            *keyring_,
            clock_,
            {.disk_reserve_bytes = identity_.disk_reserve_bytes, .brief = brief_}));
    for (const auto origin : origins_all) TRY_DO(compare_with_checkpoint(origin));
    return {};
}

void Archive::rotate_if_due() {
    // A full or read-only disk must not keep anybody from reading; `doctor` tells what is overdue.
    if (const auto now = clock_.now(); now > keyring_->rotation_due()) (void)keyring_->rotate(now);
}

ledger::LogOptions Archive::log_options(journal::Origin origin) const {
    const auto named = *origin_of(identity_, origin);
    return {.directory = ledger::log_directory(directory_, named),
            .origin = named,
            .key = log_keys_[static_cast<std::size_t>(origin)]};
}

// The signed head says how long the journal was; a shorter one has lost its
// end and must not be continued.
Result<void> Archive::compare_with_checkpoint(journal::Origin origin) {
    const std::lock_guard lock(signing_);
    const auto log = log_of(origin);
    std::uint64_t covered = 0;
    if (log) {
        if ((*log)->published()) covered = (*log)->published()->size;
    } else if (log.error().code != Errc::unfit) {
        return tl::unexpected<Error>(log.error());
    } else if (const auto published = ledger::PublishedLog::open(log_options(origin));
               published && log_options(origin).key) {
        covered = published->head().size;  // a head stands without its tiles, too
    }
    // What else is wrong with a log is told by check_logs(), and nothing is signed.
    const auto leaves = journal_->head().leaves[static_cast<std::size_t>(origin)];
    if (leaves >= covered) return {};
    if (mutant("continue_over_truncation")) return {};
    return fail(
        Errc::corrupt,
        fmt::format(
            "the journal has {} records of {} but a signed checkpoint covers {}: its end is lost",
            leaves,
            origin_of(identity_, origin)->name,
            covered),
        "Do not write to this copy. Restore the archive from a backup that is newer than the "
        "checkpoint.");
}

Result<std::unique_ptr<catalog::Catalog>> Archive::open_catalog(catalog::Access access,
                                                                catalog::ThreadingRule rule) {
    if (mutant("thread_by_subject")) rule = catalog::ThreadingRule::subject_only_for_test;
    TRY(const auto key, keyring_->find(crypto::Purpose::page, "catalog.db"));
    return catalog::Catalog::open(
        directory_ / "catalog.db",
        key.key.bytes(),
        {.access = access, .threading = rule, .alone = brief_ && access == catalog::Access::read});
}

Result<std::unique_ptr<search::Engine>> Archive::open_engine(bool writable) {
    auto keys = [this, writable](const std::string& label) -> Result<std::string> {
        if (writable) {
            TRY(const auto named,
                keyring_->ensure(crypto::Purpose::index_page, label, clock_.now()));
            return std::string(named.key.bytes());
        }
        TRY(const auto named, keyring_->find(crypto::Purpose::index_page, label));
        return std::string(named.key.bytes());
    };
    return search::Engine::open(
        directory_ / "index",
        std::move(keys),
        search::Options{.writable = writable, .alone = brief_ && !writable});
}

namespace {
std::pair<std::uint64_t, std::uint64_t> identity_of(const Path& file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0) return {};
    return {found.st_dev, found.st_ino};
}
}  // namespace

std::array<std::pair<std::uint64_t, std::uint64_t>, 2> Archive::projection_files() const {
    return {identity_of(directory_ / "catalog.db"), identity_of(directory_ / "index/manifest.db")};
}

Result<Projections> Archive::open_projections() {
    Projections opened;
    opened.files = projection_files();
    TRY(opened.catalog, open_catalog(catalog::Access::read));
    TRY(opened.engine, open_engine(false));
    return opened;
}

Result<Projections> Archive::projections() {
    if (early_.valid()) return early_.get();
    {
        const std::lock_guard lock(idle_mutex_);
        // A rebuild makes the files again under the same names.
        const auto files = projection_files();
        std::erase_if(idle_, [&](const Projections& idle) { return idle.files != files; });
        if (!idle_.empty()) {
            auto found = std::move(idle_.back());
            idle_.pop_back();
            return found;
        }
    }
    return open_projections();
}

void Archive::give_back(Projections projections) {
    constexpr std::size_t idle_max = 4;
    const std::lock_guard lock(idle_mutex_);
    if (idle_.size() < idle_max) idle_.push_back(std::move(projections));
}

bool Archive::may_be_unsigned(journal::Origin origin) const {
    if (origin != journal::Origin::audit) return false;
    const auto first = journal_->read(Seq(0), journal::Contents::skip);
    return first && first->descriptor.find(R"("signed":true)") == std::string::npos;
}

Result<std::unique_ptr<ledger::Log>> Archive::open_log(journal::Origin origin) const {
    const auto options = log_options(origin);
    const auto refuse = [&](std::string what) {
        return fail(Errc::unfit,
                    std::move(what),
                    "Nothing is stored or signed over that: look at `letopis verify`; `letopis "
                    "rebuild ledger` then signs the journal as it is now.");
    };
    const auto name = "the log " + options.origin.name;
    if (!options.key) return refuse("the keyring has no key for " + name);
    auto log = ledger::Log::open(options);
    const bool headless = log && !(*log)->published() && !may_be_unsigned(origin);
    const bool damaged = !log && log.error().code == Errc::corrupt;
    if (!headless && !damaged) return log;
    if (mutant("sign_without_checkpoint")) return ledger::Log::rebuild(options);
    if (headless) return refuse(name + " has no signed head");
    if (!ledger::PublishedLog::open(options))
        return refuse("the signed head of " + name + " is damaged or signed by another key");
    return refuse("the tiles of " + name + " do not match its signed head");
}

Result<ledger::Log*> Archive::log_of(journal::Origin origin) const {
    auto& log = logs_[static_cast<std::size_t>(origin)];
    if (!log) {
        TRY(log, open_log(origin));
    }
    return log.get();
}

Result<void> Archive::check_logs() const {
    const std::lock_guard lock(signing_);
    for (const auto origin : origins_all) TRY_DO(log_of(origin));
    return {};
}

Result<void> Archive::sign(bool only_if_due) {
    const std::lock_guard lock(signing_);
    for (const auto origin : origins_all) TRY_DO(sign_origin(origin, only_if_due));
    return {};
}

Result<void> Archive::sign_origin(journal::Origin origin, bool only_if_due) {
    const auto leaves = journal_->head().leaves[static_cast<std::size_t>(origin)];
    TRY(auto* log, log_of(origin));
    if (log->size() == leaves && (log->published() || only_if_due)) return {};
    if (log->size() > leaves) return fail(Errc::corrupt, "the log is longer than the journal");
    if (only_if_due) {
        bool due = false;
        TRY(const auto first, journal_->at_leaf(origin, log->size()));
        TRY(const auto next,
            journal_->leaves(first, 1, [&](const journal::Leaf& leaf) -> Result<bool> {
                due = leaf.at + std::chrono::seconds(10) <= clock_.now();
                return false;
            }));
        (void)next;
        if (!due) return {};
    }
    auto done = feed_and_publish(origin, *log);
    if (!done) logs_[static_cast<std::size_t>(origin)].reset();  // finished after a failed write
    return done;
}

Result<void> Archive::feed_and_publish(journal::Origin origin, ledger::Log& log) {
    const auto options = log_options(origin);
    TRY(const auto seed, keyring_->find(crypto::Purpose::log, options.origin.name));
    const auto records = journal_->head();
    Seq first(records.records);
    if (log.size() < records.leaves[static_cast<std::size_t>(origin)]) {
        TRY(first, journal_->at_leaf(origin, log.size()));
    }
    std::vector<Digest> hashes;
    std::uint64_t unspilled = 0;
    TRY(const auto end,
        journal_->leaves(first, records.records, [&](const journal::Leaf& leaf) -> Result<bool> {
            if (leaf.origin == origin) hashes.push_back(ledger::leaf_hash(leaf.entry));
            if (hashes.size() >= 65536) {
                log.append(hashes);
                hashes.clear();
                if (++unspilled % 16 == 0) TRY_DO(log.spill());
            }
            return true;
        }));
    (void)end;
    log.append(hashes);
    TRY(const auto note,
        log.publish(ledger::Signer{.name = options.origin.name, .seed = seed.key}, clock_.now()));
    return {};
}

Result<void> Archive::rebuild_log(journal::Origin origin) {
    const std::lock_guard lock(signing_);
    logs_[static_cast<std::size_t>(origin)].reset();
    TRY(auto log, ledger::Log::rebuild(log_options(origin)));
    return feed_and_publish(origin, *log);
}

Result<Instant> Archive::record_access(journal::Kind kind, const std::string& descriptor) {
    if (mutant("skip_audit_wait")) return clock_.now();
    const journal::Draft draft{.type = journal::LeafType::access,
                               .kind = kind,
                               .origin = journal::Origin::audit,
                               .content_class = journal::ContentClass::access,
                               .descriptor = descriptor};
    TRY(const auto appended, journal_->append(std::span(&draft, 1), journal::Class::access));
    return appended.front().at;
}

}  // namespace letopis::app
