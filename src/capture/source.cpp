// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/source.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.hpp"
#include "base/files.hpp"

namespace letopis::capture {
namespace {

class FileSource final : public Source {
public:
    FileSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        for (;;) {
            const auto got = ::pread(fd_, buffer, size, static_cast<off_t>(position_));
            if (got >= 0) {
                position_ += static_cast<std::uint64_t>(got);
                return static_cast<std::size_t>(got);
            }
            if (errno != EINTR)
                return tl::unexpected<Error>(system_error("cannot read the input", errno));
        }
    }
    bool can_seek() const override { return true; }
    Result<void> seek(std::uint64_t offset) override {
        position_ = offset;
        return {};
    }
    std::optional<std::uint64_t> size() const override { return size_; }

private:
    int fd_;
    std::uint64_t size_;
    std::uint64_t position_ = 0;
};

class PipeSource final : public Source {
public:
    explicit PipeSource(int fd) : fd_(fd) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        for (;;) {
            const auto got = ::read(fd_, buffer, size);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR)
                return tl::unexpected<Error>(system_error("cannot read the input", errno));
        }
    }
    bool can_seek() const override { return false; }
    Result<void> seek(std::uint64_t) override {
        return fail(Errc::unsupported, "this input cannot be read from another place");
    }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }

private:
    int fd_;
};

// An input that the other process opens piece by piece (workers/feed.hpp): the size comes first;
// u64 offset and u32 size ask for bytes, u32 length and that many bytes are the answer.
class FedSource final : public Source {
public:
    FedSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        std::string request;
        Writer writer(request);
        writer.u64(position_);
        const auto wanted = static_cast<std::uint32_t>(std::min(size, piece_max));
        writer.u32(wanted);
        TRY_DO(write_all(fd_, request));
        TRY(const auto length, read_exactly(fd_, 4));
        const auto got = Reader(length).u32();
        if (got > wanted) return fail(Errc::io, "cannot read the input");
        for (std::size_t done = 0; done < got;) {
            const auto some = ::read(fd_, buffer + done, got - done);
            if (some < 0 && errno == EINTR) continue;
            if (some <= 0) return fail(Errc::io, "cannot read the input");
            done += static_cast<std::size_t>(some);
        }
        position_ += got;
        return got;
    }
    bool can_seek() const override { return true; }
    Result<void> seek(std::uint64_t offset) override {
        position_ = offset;
        return {};
    }
    std::optional<std::uint64_t> size() const override { return size_; }

private:
    static constexpr std::size_t piece_max = 1 << 20;
    int fd_;
    std::uint64_t size_;
    std::uint64_t position_ = 0;
};

}  // namespace

Result<std::size_t> MemorySource::read(char* buffer, std::size_t size) {
    const auto part = bytes_.substr(position_, size);
    if (!part.empty()) std::memcpy(buffer, part.data(), part.size());
    position_ += part.size();
    return part.size();
}

Result<void> MemorySource::seek(std::uint64_t offset) {
    position_ = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
    return {};
}

std::unique_ptr<Source> source_of(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return std::make_unique<FileSource>(fd, static_cast<std::uint64_t>(status.st_size));
    if (S_ISSOCK(status.st_mode))
        if (const auto size = read_exactly(fd, 8))
            return std::make_unique<FedSource>(fd, Reader(*size).u64());
    return std::make_unique<PipeSource>(fd);
}

Result<std::size_t> PrefixSource::read(char* buffer, std::size_t size) {
    if (position_ == head_.size()) return inner_.read(buffer, size);
    const auto part = std::string_view(head_).substr(position_, size);
    std::memcpy(buffer, part.data(), part.size());
    position_ += part.size();
    return part.size();
}

Result<void> PrefixSource::seek(std::uint64_t) {
    return fail(Errc::unsupported, "this input cannot be read from another place");
}

Result<std::string> read_head(Source& source, std::size_t size) {
    std::string head;
    while (head.size() < size) {
        const auto had = head.size();
        head.resize(std::min(size, std::max(had * 2, head_bytes)));
        auto got = source.read(head.data() + had, head.size() - had);
        head.resize(had + got.value_or(0));
        if (!got) return tl::unexpected<Error>(std::move(got).error());
        if (*got == 0) break;
    }
    return head;
}

Result<void> Window::fill() {
    if (ended_) return {};
    if (begin_ > 0) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    const auto had = buffer_.size();
    constexpr std::size_t step_max = 16 << 20;
    const auto want = std::clamp(had / 2, step_, step_max);
    step_ = std::min<std::size_t>(step_ * 2, 1 << 20);
    // Past this a string that doubles would hold three times the largest message for a moment; the
    // reading worker may not have so much memory.
    constexpr std::size_t doubling_max = 64 << 20;
    if (had + want > doubling_max && had + want > buffer_.capacity())
        buffer_.reserve(std::max(had + want, std::size_t(item_bytes_max) + 3 * step_max));
    buffer_.resize(had + want);
    auto got = source_.read(buffer_.data() + had, want);
    buffer_.resize(had + got.value_or(0));
    if (!got) return tl::unexpected<Error>(std::move(got).error());
    ended_ = *got == 0;
    return {};
}

void Window::drop(std::size_t bytes) {
    begin_ += bytes;
    offset_ += bytes;
}

std::string Window::take(std::size_t from, std::size_t bytes) {
    constexpr std::size_t worth_moving = 8 << 20;
    if (bytes < worth_moving) {
        std::string part(view().substr(from, bytes - from));
        drop(bytes);
        return part;
    }
    std::string rest(view().substr(bytes));
    std::string part = std::move(buffer_);
    part.resize(begin_ + bytes);
    part.erase(0, begin_ + from);
    buffer_ = std::move(rest);
    begin_ = 0;
    offset_ += bytes;
    return part;
}

}  // namespace letopis::capture
