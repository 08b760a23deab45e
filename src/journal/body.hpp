// SPDX-License-Identifier: AGPL-3.0-or-later
// The sealed contents of a record: docs/formats/journal.md, "Body". Private to the journal.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "crypto/crypto.hpp"
#include "journal/journal.hpp"

namespace letopis::journal {

// Content up to this stands in the body; more becomes an object.
constexpr std::size_t inline_bytes_max = 4096;
constexpr std::size_t object_row_bytes_max = 256 * 1024;  // sealed; a larger object is a file

// zstd dictionaries by id (the seq of their record). Threads may share it.
class Dictionaries {
public:
    Dictionaries();
    ~Dictionaries();
    void add(std::uint64_t id, ContentClass cls, std::string bytes);
    // Id of the newest dictionary of the class, 0 when there is none.
    std::uint64_t newest(ContentClass cls) const;
    // frame = codec u8 (0 stored, 1 zstd, 2 zstd with dictionary) | [varint dictionary id] | varint
    // raw size | data
    std::string compress(ContentClass cls, std::string_view raw) const;
    Result<std::string> decompress(std::string_view frame) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

// Trains from samples. Words that fewer than 1 in 50 samples (and fewer than 8) contain are cut out
// first, so that a dictionary, which outlives every erasure, holds what many messages have in
// common and not what one client wrote. Empty when it does not pay.
std::string train(std::span<const std::string> samples);

// plain = kind u16 | version u16 | object u8 | [object id 16] | varint descriptor size | descriptor
// | content
struct Plain {
    Kind kind = Kind::message;
    std::uint16_t version = 1;
    std::string object_id;  // 16 bytes, or empty when the content is inline
    std::string_view descriptor;
    std::string_view content;
};
std::string encode_plain(const Plain& plain);
Result<Plain> decode_plain(std::string_view bytes);  // views into `bytes`

// What a sealed body is bound to beside its number: the facts that stand in the record's row but
// not in the entry that is signed. Another time of capture, another log or another leaf does not
// open it.
struct BodyPlace {
    Seq seq;
    Instant at{};
    Origin origin = Origin::archive;
    std::uint64_t leaf_index = 0;
};

// sealed = XAES-256-GCM(key, salt[32] | frame),
// AAD "ca/body/v1" | seq u64le | at_us i64le | origin u8 | leaf u64le
std::string seal_body(const crypto::Key& key,
                      const BodyPlace& place,
                      std::string_view salt,
                      std::string_view frame);
struct OpenedBody {
    std::string salt;
    std::string frame;
};
Result<OpenedBody> open_body(const crypto::Key& key,
                             const BodyPlace& place,
                             std::string_view sealed);

// Objects: context of the chunked encryption "ca/obj/v1" | object_id | kind u16le, over a
// compressed frame.
std::string object_context(std::string_view object_id, Kind kind);
// The content's frame (codec 0 or 1), sealed. A large one is compressed and sealed piece by piece:
// beside the content only the sealed bytes take memory.
std::string seal_object(const crypto::Key& key,
                        const Dictionaries& dictionaries,
                        std::string_view content,
                        std::string_view context);

}  // namespace letopis::journal
