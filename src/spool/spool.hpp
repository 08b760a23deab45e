// SPDX-License-Identifier: AGPL-3.0-or-later
// A file that waits, sealed, until it is imported: it grows at its end, survives a killed process
// and is read from any place. Format: docs/formats/spool.md. The name says nothing; what people
// call the file stands in its sealed head.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.hpp"
#include "crypto/keyring.hpp"

namespace letopis::spool {

constexpr std::size_t part_bytes = 256 * 1024;       // plaintext of one part, at most
constexpr std::size_t parts_max = 4'000'000;         // 16 bytes of memory each
constexpr std::uint64_t unsynced_max = 16ull << 20;  // bytes of parts that a power cut may take
constexpr std::size_t head_bytes_max = 2u << 20;

// The bytes of one part as they stand in the file, its length in front.
std::string seal_part(const crypto::Key& key,
                      std::string_view id,
                      std::uint64_t offset,
                      std::string_view plaintext);
Result<std::string> open_part(const crypto::Key& key,
                              std::string_view id,
                              std::uint64_t offset,
                              std::string_view part);

class File : public std::enable_shared_from_this<File> {
public:
    // A new file, durable when this returns. Its name is its identity and binds everything in it.
    static Result<std::shared_ptr<File>> create(const Path& file,
                                                crypto::Keyring& keyring,
                                                std::string_view head);
    // What was not written whole is cut off. Errors: corrupt, wrong_key, unsupported, io.
    static Result<std::shared_ptr<File>> open(const Path& file, crypto::Keyring& keyring);

    const std::string& head() const { return head_; }
    std::uint64_t size() const;  // bytes of plaintext
    // At most part_bytes, one part: all of it or, after an error, nothing. One thread at a time.
    Result<void> append(std::string_view bytes);
    // What was appended survives a power cut.
    Result<void> sync();

    // One reader a thread; it keeps a few opened parts in memory.
    class Reader {
    public:
        std::uint64_t size() const { return file_->size(); }
        // Fewer than `size` bytes only at the end of a part or of the file; 0 is the end.
        Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size);

    private:
        friend class File;
        struct Opened {
            std::uint64_t number = ~std::uint64_t(0);
            std::string plaintext;
        };
        Reader(std::shared_ptr<const File> file, Fd fd)
            : file_(std::move(file)), fd_(std::move(fd)) {}
        Result<const std::string*> part(std::uint64_t number);
        std::shared_ptr<const File> file_;
        Fd fd_;
        std::vector<Opened> opened_;
        std::size_t next_ = 0;
    };
    Result<std::unique_ptr<Reader>> reader() const;

private:
    struct Part {
        std::uint64_t offset = 0;  // of its first byte in the plaintext
        std::uint64_t at = 0;      // in the file
    };
    File(Path path, crypto::Key key);
    Result<void> scan();
    Result<void> check_end(int fd);
    Part part(std::uint64_t number) const;
    Result<std::string> read_part(int fd, std::uint64_t number) const;

    Path path_;
    std::string id_;
    crypto::Key key_;
    std::string head_;
    mutable std::mutex mutex_;
    std::vector<Part> parts_;  // guarded by mutex_, as all below
    std::uint64_t size_ = 0;
    std::uint64_t end_ = 0;  // of the last part, in the file
    std::uint64_t unsynced_ = 0;
};

}  // namespace letopis::spool
