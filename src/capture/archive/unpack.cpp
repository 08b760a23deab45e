// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/archive/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <locale.h>

#include <array>
#include <cstdio>

namespace letopis::capture::archive {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

// libarchive converts names of entries to the charset of the thread's locale; in the C locale it
// would lose every letter that is not ASCII. Both tables that this needs are opened when the
// program starts, because the reading worker may not open files later.
const locale_t utf8 = [] {
    if (const auto warm = ::iconv_open("UTF-8", "UTF-8"); warm != iconv_t(-1)) ::iconv_close(warm);
    return ::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
}();

class Utf8Locale {
public:
    Utf8Locale() : before_(utf8 ? ::uselocale(utf8) : locale_t{}) {}
    ~Utf8Locale() {
        if (utf8) ::uselocale(before_);
    }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

private:
    locale_t before_;
};

struct Free {
    void operator()(struct ::archive* reader) const { ::archive_read_free(reader); }
};

// The library's words without what a hostile archive may have put into them.
std::string words_of(struct ::archive* reader) {
    const char* text = ::archive_error_string(reader);
    std::string words;
    for (const char* c = text ? text : "unknown reason"; *c != '\0' && words.size() < 200; ++c)
        if (*c >= ' ' && *c < 0x7f) words += *c;
    return words;
}

}  // namespace

struct Unpacker::State {
    State(Source& from, std::string name)
        : source(from), single_name(std::move(name)), reader(::archive_read_new()) {}

    static la_ssize_t on_read(struct ::archive*, void* data, const void** buffer) {
        auto& state = *static_cast<State*>(data);
        auto got = state.source.read(state.block.data(), state.block.size());
        if (!got) {
            state.source_error = std::move(got).error();
            return ARCHIVE_FATAL;
        }
        state.position += *got;
        state.read_bytes += *got;
        *buffer = state.block.data();
        return static_cast<la_ssize_t>(*got);
    }

    static la_int64_t on_seek(struct ::archive*, void* data, la_int64_t offset, int whence) {
        auto& state = *static_cast<State*>(data);
        std::int64_t base = 0;
        if (whence == SEEK_CUR) base = static_cast<std::int64_t>(state.position);
        if (whence == SEEK_END) base = static_cast<std::int64_t>(state.source.size().value_or(0));
        // Offsets come out of the archive itself.
        std::int64_t target = 0;
        if (__builtin_add_overflow(base, offset, &target) || target < 0) return ARCHIVE_FATAL;
        if (!state.source.seek(static_cast<std::uint64_t>(target))) return ARCHIVE_FATAL;
        state.position = static_cast<std::uint64_t>(target);
        return target;
    }

    static la_int64_t on_skip(struct ::archive*, void* data, la_int64_t bytes) {
        auto& state = *static_cast<State*>(data);
        const auto target = state.position + static_cast<std::uint64_t>(bytes);
        if (bytes <= 0 || target > state.source.size().value_or(0) || !state.source.seek(target))
            return 0;  // it reads and discards instead
        state.position = target;
        return bytes;
    }

    Source& source;
    std::string single_name;
    std::unique_ptr<struct ::archive, Free> reader;
    std::array<char, block_bytes> block;
    std::uint64_t position = 0;
    std::uint64_t read_bytes = 0;
    std::optional<Error> source_error;
};

Unpacker::Unpacker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Unpacker::~Unpacker() = default;

Result<std::unique_ptr<Unpacker>> Unpacker::open(Source& source, std::string single_name) {
    if (source.can_seek()) TRY_DO(source.seek(0));
    auto state = std::make_unique<State>(source, std::move(single_name));
    auto* reader = state->reader.get();
    if (reader == nullptr) return fail(Errc::unavailable, "no memory to open an archive");
    for (const auto support : {::archive_read_support_filter_gzip,
                               ::archive_read_support_filter_bzip2,
                               ::archive_read_support_filter_xz,
                               ::archive_read_support_filter_zstd,
                               ::archive_read_support_format_zip,
                               ::archive_read_support_format_tar,
                               ::archive_read_support_format_raw})
        support(reader);
    ::archive_read_set_read_callback(reader, State::on_read);
    if (source.can_seek()) {
        ::archive_read_set_seek_callback(reader, State::on_seek);
        ::archive_read_set_skip_callback(reader, State::on_skip);
    }
    ::archive_read_set_callback_data(reader, state.get());
    if (::archive_read_open1(reader) != ARCHIVE_OK)
        return fail(Errc::corrupt, "the archive is damaged: " + words_of(reader));
    return std::unique_ptr<Unpacker>(new Unpacker(std::move(state)));
}

Result<std::optional<Entry>> Unpacker::next() {
    const Utf8Locale locale;
    auto* reader = state_->reader.get();
    struct ::archive_entry* found = nullptr;
    const int status = ::archive_read_next_header(reader, &found);
    if (status == ARCHIVE_EOF) return std::optional<Entry>();
    if (state_->source_error) return tl::unexpected<Error>(*state_->source_error);
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
        return fail(Errc::corrupt, "the archive is damaged: " + words_of(reader));
    Entry entry;
    const char* path = ::archive_entry_pathname(found);
    if (path == nullptr) path = ::archive_entry_pathname_utf8(found);
    entry.path = path ? path : "";
    if (::archive_format(reader) == ARCHIVE_FORMAT_RAW) entry.path = state_->single_name;
    if (::archive_entry_size_is_set(found) && ::archive_entry_size(found) >= 0)
        entry.size = static_cast<std::uint64_t>(::archive_entry_size(found));
    if (::archive_entry_mtime_is_set(found))
        entry.modified = from_unix(::archive_entry_mtime(found));
    entry.directory = ::archive_entry_filetype(found) == AE_IFDIR;
    const bool link = ::archive_entry_hardlink(found) || ::archive_entry_symlink(found);
    entry.regular = ::archive_entry_filetype(found) == AE_IFREG && !link;
    entry.encrypted = ::archive_entry_is_encrypted(found) != 0;
    return std::optional(std::move(entry));
}

Result<std::size_t> Unpacker::read(char* buffer, std::size_t size) {
    auto* reader = state_->reader.get();
    const auto got = ::archive_read_data(reader, buffer, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (state_->source_error) return tl::unexpected<Error>(*state_->source_error);
    return fail(Errc::corrupt, "damaged or packed in an unknown way: " + words_of(reader));
}

bool Unpacker::compressed_stream() const {
    return ::archive_filter_code(state_->reader.get(), 0) != ARCHIVE_FILTER_NONE;
}

std::uint64_t Unpacker::packed_bytes_read() const { return state_->read_bytes; }

}  // namespace letopis::capture::archive
