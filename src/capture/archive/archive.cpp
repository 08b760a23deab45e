// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/archive/archive.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "capture/archive/place.hpp"
#include "capture/archive/unpack.hpp"
#include "capture/source.hpp"
#include "capture/walk.hpp"

namespace letopis::capture::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t buffered_archive_max = 32 << 20;  // a nested archive that is kept in memory
constexpr std::uint64_t listed_stream_max = 256ull << 20;
constexpr std::size_t piece_bytes = 256 * 1024;

bool tar_header(std::string_view head) {
    if (head.size() < 512) return false;
    if (head.substr(257, 5) == "ustar") return true;
    // Before POSIX there was no magic, but always a checksum: the sum of the bytes of the header
    // with the checksum's own as spaces.
    unsigned sum = 0;
    for (std::size_t i = 0; i < 512; ++i)
        sum += i >= 148 && i < 156 ? unsigned(' ') : static_cast<unsigned char>(head[i]);
    unsigned written = 0;
    for (const char c : head.substr(148, 8)) {
        if (c == ' ' && written == 0) continue;
        if (c < '0' || c > '7') break;
        written = written * 8 + static_cast<unsigned>(c - '0');
    }
    return written == sum && sum > 8 * unsigned(' ') && head[0] != '\0';
}

std::string_view without_packing(std::string_view name) {
    for (const auto end : {".gz"sv, ".bz2"sv, ".xz"sv, ".zst"sv})
        if (name.size() > end.size() && name.ends_with(end))
            return name.substr(0, name.size() - end.size());
    return name;
}

// What all levels of nesting spend together.
struct Budget {
    std::uint64_t packed = 0;    // size of the outermost archive, or what was read of it
    std::uint64_t unpacked = 0;  // bytes that came out, at all levels
    std::uint64_t members = 0;
    bool blown = false;

    Result<void> spend(std::uint64_t bytes) {
        unpacked += bytes;
        if (unpacked <= ratio_free || unpacked / ratio_max <= packed) return {};
        blown = true;
        return fail(Errc::too_large,
                    fmt::format("the archive unpacks to more than {} times its size", ratio_max));
    }
};

// The one Sink that the caller gave, seen by all levels: leaves out repeated contexts, remembers
// the wish to stop.
class Outer {
public:
    explicit Outer(Sink& sink) : sink_(sink) {}
    Sink& sink() { return sink_; }
    bool stopped() const { return stopped_; }
    bool told(bool go_on) {
        stopped_ = stopped_ || !go_on;
        return go_on;
    }
    bool context(Context context) {
        if (last_ && last_->source == context.source && last_->title == context.title &&
            last_->channel == context.channel && last_->facts == context.facts)
            return true;
        last_ = context;
        return told(sink_.context(std::move(context)));
    }

private:
    Sink& sink_;
    std::optional<Context> last_;
    bool stopped_ = false;
};

// What the reader of one member says, with the member's path and mailbox added.
class MemberSink final : public Sink {
public:
    MemberSink(Outer& outer, std::string path, std::optional<Mailbox> mailbox)
        : outer_(outer), path_(std::move(path)), mailbox_(std::move(mailbox)) {}
    bool context(Context context) override { return outer_.context(std::move(context)); }
    bool item(Item item) override {
        item.member = item.member.empty() ? path_ : path_ + "/" + item.member;
        if (mailbox_) {
            item.folder = mailbox_->folder;
            item.flags = mailbox_->flags;
        }
        return outer_.told(outer_.sink().item(std::move(item)));
    }
    bool file_begin(FileStart file) override {
        return outer_.told(outer_.sink().file_begin(std::move(file)));
    }
    bool file_bytes(std::string_view bytes) override {
        return outer_.told(outer_.sink().file_bytes(bytes));
    }
    bool file_end(bool whole) override { return outer_.told(outer_.sink().file_end(whole)); }
    bool refuse(std::string item, std::string reason) override {
        const bool itself = item.empty() || item == base_name(path_);
        return outer_.told(
            outer_.sink().refuse(itself ? path_ : path_ + ": " + item, std::move(reason)));
    }
    void progress(std::uint64_t) override {}

private:
    Outer& outer_;
    std::string path_;
    std::optional<Mailbox> mailbox_;
};

class MemberSource final : public Source {
public:
    MemberSource(Unpacker& unpacker, Budget& budget, std::optional<std::uint64_t> size)
        : unpacker_(unpacker), budget_(budget), size_(size) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        TRY(const auto got, unpacker_.read(buffer, size));
        TRY_DO(budget_.spend(got));
        return got;
    }
    bool can_seek() const override { return false; }
    Result<void> seek(std::uint64_t) override {
        return fail(Errc::unsupported, "a member of an archive is read from its beginning");
    }
    std::optional<std::uint64_t> size() const override { return size_; }

private:
    Unpacker& unpacker_;
    Budget& budget_;
    std::optional<std::uint64_t> size_;
};

// Which members a pass is about.
enum class Pass { everything, messages, media };

class Level {
public:
    Level(Source& source,
          const Options& options,
          std::string prefix,
          Outer& outer,
          Budget& budget,
          std::span<const Format> formats)
        : source_(source),
          options_(options),
          prefix_(std::move(prefix)),
          outer_(outer),
          budget_(budget),
          formats_(formats) {}

    Result<void> run() {
        bool listed = false;
        if (source_.can_seek()) {
            TRY(listed, list());
        }
        if (!listed || chats_.empty()) return pass(Pass::everything);
        TRY_DO(pass(Pass::messages));
        return outer_.stopped() ? Result<void>() : pass(Pass::media);
    }

private:
    Result<std::unique_ptr<Unpacker>> open() {
        return Unpacker::open(source_, std::string(without_packing(base_name(options_.name))));
    }

    // Looks at the names alone. False when that would cost as much as reading everything.
    Result<bool> list() {
        TRY(const auto unpacker, open());
        bool channels = false;
        bool users = false;
        for (bool first = true;; first = false) {
            const auto entry = unpacker->next();
            if (!entry || !*entry) break;  // damage is reported by the pass that reads
            if (first && unpacker->compressed_stream() &&
                source_.size().value_or(UINT64_MAX) > listed_stream_max)
                return false;
            if (unpacker->compressed_stream()) TRY_DO(drain(*unpacker));
            const auto path = label((*entry)->path);
            chats_.see(path);
            channels = channels || path == "channels.json";
            users = users || path == "users.json";
            if (path == "[Content_Types].xml")
                return fail(Errc::unsupported, "an office document: not a mailbox");
            TRY_DO(count());
        }
        budget_.members = members_before_;
        budget_.unpacked = unpacked_before_;
        if (channels && users) return fail(Errc::unsupported, "a Slack export: not supported yet");
        return true;
    }

    Result<void> count() {
        if (++budget_.members <= members_max) return {};
        budget_.blown = true;
        return fail(Errc::too_large,
                    fmt::format("the archive has more than {} members", members_max));
    }

    Result<void> drain(Unpacker& unpacker) {
        std::string buffer(piece_bytes, '\0');
        for (;;) {
            const auto got = unpacker.read(buffer.data(), buffer.size());
            if (!got || *got == 0) return {};
            TRY_DO(budget_.spend(*got));
        }
    }

    Result<void> pass(Pass which) {
        const auto outermost = options_.depth == 0;
        TRY(const auto unpacker, open());
        std::string last = "the beginning";
        while (!outer_.stopped()) {
            auto entry = unpacker->next();
            if (!entry) return damaged(entry.error(), last);
            if (!*entry) break;
            last = label((*entry)->path);
            if (last.empty()) last = "unnamed";
            if (which != Pass::media) TRY_DO(count());
            if (outermost && !source_.size()) budget_.packed = unpacker->packed_bytes_read();
            if (!(*entry)->directory) TRY_DO(member(*unpacker, **entry, last, which));
            if (unpacker->compressed_stream()) TRY_DO(drain(*unpacker));
            if (outermost) outer_.sink().progress(unpacker->packed_bytes_read());
        }
        return {};
    }

    Result<void> damaged(Error error, const std::string& last) {
        error.what += ", after " + last;
        return tl::unexpected<Error>(std::move(error));
    }

    bool refuse(const std::string& path, std::string reason) {
        return outer_.told(outer_.sink().refuse(prefix_ + path, std::move(reason)));
    }

    // An error from here ends the whole archive; what is wrong with one member is refused.
    Result<void> member(Unpacker& unpacker,
                        const Entry& entry,
                        const std::string& path,
                        Pass which) {
        const auto name = base_name(path);
        if (administrative(name) || path.starts_with("__MACOSX/")) return {};
        if (which == Pass::everything) chats_.see(path);
        const auto media = chats_.media(path);
        if (which == Pass::media && !media) return {};
        if (which == Pass::messages && media) return {};
        if (!entry.regular) return done(refuse(path, "a link or special file: not followed"));
        if (entry.encrypted) return done(refuse(path, "encrypted"));
        if (media) return file(unpacker, entry, path, *media);
        MemberSource source(unpacker, budget_, entry.size);
        auto head = read_head(source);
        if (!head) return broken(path, head.error());
        if (head->empty()) return done(refuse(path, "empty file"));
        return read_member(entry, path, std::move(*head), source);
    }

    static Result<void> done(bool) { return {}; }

    Result<void> broken(const std::string& path, Error error) {
        if (budget_.blown) return tl::unexpected<Error>(std::move(error));
        refuse(path, std::move(error.what));
        return {};
    }

    Result<void> read_member(const Entry& entry,
                             const std::string& path,
                             std::string head,
                             Source& rest) {
        auto mailbox = maildir_message(path);
        if (!mailbox && recognise(head, path) == Match::yes && !refused_office(head, path))
            return nested(path, std::move(head), rest);
        const auto* format = mailbox ? named("eml") : recognised(head, base_name(path));
        if (format == nullptr) return done(refuse(path, "not a known format"));
        if (format->read == nullptr) return done(refuse(path, std::string(format->refusal)));
        PrefixSource source(std::move(head), rest);
        DatedSink sink(outer_, prefix_ + path, mailbox, mailbox ? entry.modified : std::nullopt);
        const auto read = format->read(source, options_for(path), sink);
        return read ? Result<void>() : broken(path, read.error());
    }

    // Adds what only the archive knows of a Maildir's file: its time.
    class DatedSink final : public Sink {
    public:
        DatedSink(Outer& outer,
                  std::string path,
                  std::optional<Mailbox> mailbox,
                  std::optional<Instant> at)
            : inner_(outer, std::move(path), std::move(mailbox)), at_(at) {}
        bool context(Context context) override { return inner_.context(std::move(context)); }
        bool item(Item item) override {
            if (!item.received) item.received = at_;
            return inner_.item(std::move(item));
        }
        bool file_begin(FileStart file) override { return inner_.file_begin(std::move(file)); }
        bool file_bytes(std::string_view bytes) override { return inner_.file_bytes(bytes); }
        bool file_end(bool whole) override { return inner_.file_end(whole); }
        bool refuse(std::string item, std::string reason) override {
            return inner_.refuse(std::move(item), std::move(reason));
        }
        void progress(std::uint64_t) override {}

    private:
        MemberSink inner_;
        std::optional<Instant> at_;
    };

    // A small archive is held in memory, because a ZIP whose directory can be read first says more.
    Result<void> nested(const std::string& path, std::string head, Source& rest) {
        if (options_.depth + 1 >= depth_max)
            return done(refuse(path, fmt::format("archives nested more than {} deep", depth_max)));
        PrefixSource all(std::move(head), rest);
        auto beginning = read_head(all, buffered_archive_max);
        if (!beginning) return broken(path, beginning.error());
        const auto options = options_for(path);
        const auto go = [&](Source& source) {
            return Level(source, options, prefix_ + path + "/", outer_, budget_, formats_).run();
        };
        Result<void> read;
        if (beginning->size() < buffered_archive_max) {
            MemorySource source(*beginning);
            read = go(source);
        } else {
            PrefixSource source(std::move(*beginning), all);
            read = go(source);
        }
        return read ? Result<void>() : broken(path, read.error());
    }

    Result<void> file(Unpacker& unpacker,
                      const Entry& entry,
                      const std::string& path,
                      const std::string& as) {
        if (!outer_.told(outer_.sink().file_begin({as, entry.size, entry.modified}))) return {};
        std::string buffer(piece_bytes, '\0');
        for (;;) {
            const auto got = unpacker.read(buffer.data(), buffer.size());
            if (!got) {
                outer_.told(outer_.sink().file_end(false));
                refuse(path, got.error().what);
                return {};
            }
            if (const auto spent = budget_.spend(*got); !spent) {
                outer_.told(outer_.sink().file_end(false));
                return spent;
            }
            if (*got == 0) return done(outer_.told(outer_.sink().file_end(true)));
            if (!outer_.told(outer_.sink().file_bytes(std::string_view(buffer).substr(0, *got))))
                return {};
        }
    }

    Options options_for(const std::string& path) const {
        Options options = options_;
        options.name = base_name(path);
        // iOS calls every chat "_chat.txt"; the name of the chat is in the archive's.
        const auto outer_name = base_name(options_.name);
        if (options.name == "_chat.txt" && outer_name.find("WhatsApp") != std::string_view::npos)
            options.name = std::string(outer_name.substr(0, outer_name.rfind('.'))).append(".txt");
        options.resume_at = 0;
        options.depth = options_.depth + 1;
        return options;
    }

    const Format* recognised(std::string_view head, std::string_view name) const {
        const Format* maybe = nullptr;
        for (const auto& format : formats_) {
            const auto match = format.recognise(head, name);
            if (match == Match::yes) return &format;
            if (match == Match::maybe && maybe == nullptr) maybe = &format;
        }
        return maybe;
    }
    const Format* named(std::string_view name) const {
        for (const auto& format : formats_)
            if (format.name == name) return &format;
        return nullptr;
    }
    // Office documents are ZIP files too; the formats that refuse by name know them.
    bool refused_office(std::string_view head, std::string_view path) const {
        const auto* format = recognised(head, base_name(path));
        return format != nullptr && format->read == nullptr;
    }

    Source& source_;
    const Options& options_;
    std::string prefix_;
    Outer& outer_;
    Budget& budget_;
    std::span<const Format> formats_;
    Chats chats_;
    std::uint64_t members_before_ = budget_.members;
    std::uint64_t unpacked_before_ = budget_.unpacked;
};

}  // namespace

Match recognise(std::string_view head, std::string_view) {
    for (const auto magic : {"PK\x03\x04"sv,
                             "PK\x05\x06"sv,
                             "\x1f\x8b\x08"sv,
                             "\xfd"
                             "7zXZ\0"sv,
                             "\x28\xb5\x2f\xfd"sv})
        if (head.starts_with(magic)) return Match::yes;
    if (head.size() > 10 && head.starts_with("BZh") && head.substr(4, 6) == "1AY&SY")
        return Match::yes;
    return tar_header(head) ? Match::yes : Match::no;
}

Result<void> read(Source& source,
                  const Options& options,
                  Sink& sink,
                  std::span<const Format> formats) {
    Outer outer(sink);
    Budget budget;
    budget.packed = source.size().value_or(0);
    Level level(source, options, {}, outer, budget, formats);
    return level.run();
}

}  // namespace letopis::capture::archive
