// SPDX-License-Identifier: AGPL-3.0-or-later
#include "spool/spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.hpp"

namespace letopis::spool {

namespace {

constexpr std::string_view magic = "LTPSPOOL";
constexpr std::uint16_t version = 1;
constexpr std::size_t wrap_bytes = 80;
constexpr std::size_t fixed_bytes = 8 + 2 + wrap_bytes + 4;
constexpr std::size_t length_bytes = 4;
constexpr std::string_view purpose = "spool";
constexpr std::size_t parts_open = 4;

// Cobblestone-256, docs/formats/sealing.md.
constexpr std::uint64_t sealed_size(std::uint64_t plaintext) {
    return 56 + plaintext + 16 * (plaintext / 16384 + 1);
}

std::string head_context(std::string_view id) { return "letopis/spool/v1/head" + std::string(id); }

std::string part_context(std::string_view id, std::uint64_t offset) {
    auto context = "letopis/spool/v1/part" + std::string(id);
    Writer(context).u64(offset);
    return context;
}

auto failed(std::string what) {
    return tl::unexpected<Error>(system_error(std::move(what), errno));
}

Result<std::string> read_exactly_at(int fd, std::uint64_t at, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t done = 0; done < size;) {
        const auto got =
            ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("cannot read an upload");
        if (got == 0) return fail(Errc::corrupt, "an upload is cut short");
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

Result<Fd> open_for(const Path& file, int flags) {
    Fd fd(::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return failed("cannot open an upload");
    return fd;
}

}  // namespace

std::string seal_part(const crypto::Key& key,
                      std::string_view id,
                      std::uint64_t offset,
                      std::string_view plaintext) {
    std::string out;
    Writer(out).u32(static_cast<std::uint32_t>(plaintext.size()));
    return out + crypto::chunked_seal(key, plaintext, part_context(id, offset));
}

Result<std::string> open_part(const crypto::Key& key,
                              std::string_view id,
                              std::uint64_t offset,
                              std::string_view part) {
    const std::uint64_t size = part.size() < length_bytes ? 0 : letopis::Reader(part).u32();
    if (size == 0 || part.size() != length_bytes + sealed_size(size))
        return fail(Errc::corrupt, "cannot be opened");
    return crypto::chunked_open(key, part.substr(length_bytes), part_context(id, offset));
}

File::File(Path path, crypto::Key key)
    : path_(std::move(path)), id_(path_.filename().string()), key_(std::move(key)) {}

Result<std::shared_ptr<File>> File::create(const Path& file,
                                           crypto::Keyring& keyring,
                                           std::string_view head) {
    if (head.size() > head_bytes_max) return fail(Errc::too_large, "the head is too long");
    TRY(const auto with, keyring.find(crypto::Purpose::system, ""));
    auto made = std::shared_ptr<File>(new File(file, crypto::Key::random()));
    made->head_ = head;
    const auto sealed = crypto::chunked_seal(made->key_, head, head_context(made->id_));
    std::string bytes(magic);
    Writer writer(bytes);
    writer.u16(version);
    writer.raw(crypto::wrap(with.id, with.key, made->key_, purpose, made->id_));
    writer.u32(static_cast<std::uint32_t>(sealed.size()));
    writer.raw(sealed);
    TRY_DO(write_file_durably(file, bytes));
    made->end_ = bytes.size();
    return made;
}

Result<std::shared_ptr<File>> File::open(const Path& file, crypto::Keyring& keyring) {
    TRY(const auto fd, open_for(file, O_RDONLY));
    const auto fixed = read_exactly_at(fd.get(), 0, fixed_bytes);
    if (!fixed) return tl::unexpected<Error>(fixed.error());
    letopis::Reader fields(*fixed);
    if (fields.raw(magic.size()) != magic) return fail(Errc::corrupt, "not a sealed upload");
    if (fields.u16() != version)
        return fail(Errc::unsupported, "the upload was made by a newer version");
    const auto wrapped = fields.raw(wrap_bytes);
    const auto head_size = fields.u32();
    if (head_size > head_bytes_max + 4096)
        return fail(Errc::corrupt, "an upload's head is too long");
    TRY(const auto with, keyring.key(crypto::wrapping_key_id(wrapped)));
    TRY(const auto key, crypto::unwrap(with, wrapped, purpose, file.filename().string()));
    auto found = std::shared_ptr<File>(new File(file, key));
    TRY(const auto sealed, read_exactly_at(fd.get(), fixed_bytes, head_size));
    TRY(found->head_, crypto::chunked_open(key, sealed, head_context(found->id_)));
    found->end_ = fixed_bytes + head_size;
    TRY_DO(found->scan());
    return found;
}

// The lengths lead from part to part. Behind the last sync a power cut may have left anything, so
// the parts that may lie there are opened; the first that is not whole ends the file.
Result<void> File::scan() {
    TRY(const auto fd, open_for(path_, O_RDWR));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return failed("cannot read an upload");
    const auto all = static_cast<std::uint64_t>(status.st_size);
    for (;;) {
        if (end_ + length_bytes > all) break;
        TRY(const auto length, read_exactly_at(fd.get(), end_, length_bytes));
        const std::uint64_t size = letopis::Reader(length).u32();
        if (size == 0 || size > part_bytes || end_ + length_bytes + sealed_size(size) > all) break;
        if (parts_.size() >= parts_max) break;
        parts_.push_back({size_, end_});
        size_ += size;
        end_ += length_bytes + sealed_size(size);
    }
    TRY_DO(check_end(fd.get()));
    if (end_ < all && ::ftruncate(fd.get(), static_cast<off_t>(end_)) != 0)
        return failed("cannot cut an upload");
    return {};
}

Result<void> File::check_end(int fd) {
    auto first = parts_.size();
    while (first > 0 && size_ - parts_[first - 1].offset <= 2 * unsynced_max) --first;
    for (auto number = first; number < parts_.size(); ++number) {
        const auto opened = read_part(fd, number);
        if (opened) continue;
        if (opened.error().code != Errc::corrupt) return tl::unexpected<Error>(opened.error());
        size_ = parts_[number].offset;
        end_ = parts_[number].at;
        parts_.resize(number);
        break;
    }
    return {};
}

std::uint64_t File::size() const {
    const std::lock_guard lock(mutex_);
    return size_;
}

File::Part File::part(std::uint64_t number) const {
    return number < parts_.size() ? parts_[number] : Part{size_, end_};
}

Result<std::string> File::read_part(int fd, std::uint64_t number) const {
    const auto here = part(number), next = part(number + 1);
    TRY(const auto bytes,
        read_exactly_at(fd, here.at, static_cast<std::size_t>(next.at - here.at)));
    return open_part(key_, id_, here.offset, bytes);
}

Result<void> File::append(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (bytes.size() > part_bytes) return fail(Errc::too_large, "a part is too long");
    std::uint64_t at = 0, offset = 0;
    {
        const std::lock_guard lock(mutex_);
        if (parts_.size() >= parts_max)
            return fail(Errc::too_large, "the file came in too many small pieces");
        at = end_;
        offset = size_;
    }
    const auto sealed = seal_part(key_, id_, offset, bytes);
    TRY(const auto fd, open_for(path_, O_WRONLY));
    if (::lseek(fd.get(), static_cast<off_t>(at), SEEK_SET) < 0)
        return failed("cannot write an upload");
    if (auto written = write_all(fd.get(), sealed); !written) {
        (void)!::ftruncate(fd.get(), static_cast<off_t>(at));
        return written;
    }
    bool due = false;
    {
        const std::lock_guard lock(mutex_);
        parts_.push_back({offset, at});
        size_ += bytes.size();
        end_ += sealed.size();
        unsynced_ += bytes.size();
        due = unsynced_ >= unsynced_max;
    }
    return due ? sync() : Result<void>();
}

Result<void> File::sync() {
    TRY(const auto fd, open_for(path_, O_WRONLY));
    if (::fdatasync(fd.get()) != 0) return failed("cannot write an upload to the disk");
    const std::lock_guard lock(mutex_);
    unsynced_ = 0;
    return {};
}

Result<std::unique_ptr<File::Reader>> File::reader() const {
    TRY(auto fd, open_for(path_, O_RDONLY));
    return std::unique_ptr<Reader>(new Reader(shared_from_this(), std::move(fd)));
}

Result<const std::string*> File::Reader::part(std::uint64_t number) {
    for (const auto& one : opened_)
        if (one.number == number) return &one.plaintext;
    const std::lock_guard lock(file_->mutex_);
    TRY(auto plaintext, file_->read_part(fd_.get(), number));
    if (opened_.size() < parts_open) opened_.emplace_back();
    auto& slot = opened_[next_];
    next_ = (next_ + 1) % parts_open;
    slot = {number, std::move(plaintext)};
    return &slot.plaintext;
}

Result<std::size_t> File::Reader::read_at(std::uint64_t offset, char* buffer, std::size_t size) {
    std::uint64_t number = 0, begin = 0;
    {
        const std::lock_guard lock(file_->mutex_);
        if (offset >= file_->size_ || size == 0) return 0;
        const auto& parts = file_->parts_;
        const auto behind = std::upper_bound(
            parts.begin(), parts.end(), offset, [](std::uint64_t at, const Part& one) {
                return at < one.offset;
            });
        number = static_cast<std::uint64_t>(behind - parts.begin()) - 1;
        begin = parts[number].offset;
    }
    TRY(const auto* plaintext, part(number));
    const auto from = static_cast<std::size_t>(offset - begin);
    const auto got = std::min(size, plaintext->size() - from);
    std::memcpy(buffer, plaintext->data() + from, got);
    return got;
}

}  // namespace letopis::spool
