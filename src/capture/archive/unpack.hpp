// SPDX-License-Identifier: AGPL-3.0-or-later
// The one place that names libarchive: entries and their bytes over a Source.
#pragma once

#include <memory>

#include "capture/reader.hpp"

namespace letopis::capture::archive {

struct Entry {
    std::string path;  // raw bytes as the archive has them
    std::optional<std::uint64_t> size;
    std::optional<Instant> modified;
    bool directory = false;
    bool regular = false;
    bool encrypted = false;
};

class Unpacker {
public:
    // Begins at the beginning of `source`, which must outlive it. `single_name` is what the only
    // member of a packed file is called. Errors: corrupt, with the library's words.
    static Result<std::unique_ptr<Unpacker>> open(Source& source, std::string single_name);
    ~Unpacker();

    // nullopt after the last one. corrupt: the archive is damaged from here on.
    Result<std::optional<Entry>> next();
    // Bytes of the entry that next() gave; 0 at its end. corrupt, unsupported (encrypted, or a
    // method that is not known).
    Result<std::size_t> read(char* buffer, std::size_t size);
    // Whether the members lie in a compressed stream, so that skipping one means unpacking it.
    bool compressed_stream() const;
    std::uint64_t packed_bytes_read() const;

private:
    struct State;
    explicit Unpacker(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace letopis::capture::archive
