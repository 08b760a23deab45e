// SPDX-License-Identifier: AGPL-3.0-or-later
// The Sources that readers see, and a buffered view of one of them for readers that split a stream
// into lines or messages.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "capture/reader.hpp"

namespace letopis::capture {

// Bytes in memory; the view must outlive it. For members of archives and for tests.
class MemorySource final : public Source {
public:
    explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override;
    bool can_seek() const override { return true; }
    Result<void> seek(std::uint64_t offset) override;
    std::optional<std::uint64_t> size() const override { return bytes_.size(); }

private:
    std::string_view bytes_;
    std::size_t position_ = 0;
};

// An open descriptor that stays the caller's. A regular file is read with pread (its file position
// does not matter) and can seek; so can a socket, at whose other end a feed answers
// (workers/feed.hpp); a pipe cannot.
std::unique_ptr<Source> source_of(int fd);

// `inner` with some of its bytes already read: they come again first. Cannot seek.
class PrefixSource final : public Source {
public:
    PrefixSource(std::string head, Source& inner) : head_(std::move(head)), inner_(inner) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override;
    bool can_seek() const override { return false; }
    Result<void> seek(std::uint64_t offset) override;
    std::optional<std::uint64_t> size() const override { return inner_.size(); }

private:
    std::string head_;
    std::size_t position_ = 0;
    Source& inner_;
};

// The first `size` bytes (fewer at the end of the input), by reading until they are there.
Result<std::string> read_head(Source& source, std::size_t size = head_bytes);

// A window onto a Source: `view()` is what is buffered, `offset()` where it begins in the input.
// The reader takes bytes off the front with drop() and asks for more with fill().
class Window {
public:
    // Reads ahead 64 KiB at first and up to 1 MiB at a time, more within a long message.
    explicit Window(Source& source, std::uint64_t offset = 0) : source_(source), offset_(offset) {}
    std::string_view view() const { return std::string_view(buffer_).substr(begin_); }
    std::uint64_t offset() const { return offset_; }
    bool ended() const { return ended_; }
    // Adds bytes behind those that are there; sets ended() at the end of the input.
    Result<void> fill();
    void drop(std::size_t bytes);
    // Removes the first `bytes` and returns those of them from `from` on; a long run is moved, not
    // copied.
    std::string take(std::size_t from, std::size_t bytes);

private:
    Source& source_;
    std::string buffer_;
    std::size_t begin_ = 0;
    std::uint64_t offset_;
    std::size_t step_ = 64 * 1024;
    bool ended_ = false;
};

}  // namespace letopis::capture
