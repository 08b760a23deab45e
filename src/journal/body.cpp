// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/body.hpp"

#include <zdict.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/check.hpp"

namespace letopis::journal {

namespace {

constexpr int level = 3;
constexpr std::uint64_t raw_bytes_max = std::uint64_t(300)
                                        << 20;  // item limit of 256 MiB and its descriptor

enum : std::uint8_t { stored = 0, zstd = 1, zstd_dictionary = 2 };

struct Contexts {
    ZSTD_CCtx* compress = ZSTD_createCCtx();
    ZSTD_DCtx* decompress = ZSTD_createDCtx();
    ~Contexts() {
        ZSTD_freeCCtx(compress);
        ZSTD_freeDCtx(decompress);
    }
};

Contexts& contexts() {
    thread_local Contexts mine;
    return mine;
}

struct Dictionary {
    std::string bytes;
    ZSTD_CDict* compress;  // made by the first use: a process that only reads needs none
    ZSTD_DDict* decompress;
};

}  // namespace

struct Dictionaries::State {
    mutable std::shared_mutex mutex;
    std::unordered_map<std::uint64_t, Dictionary> by_id;  // guarded by mutex
    std::array<std::uint64_t, 256> newest{};              // guarded by mutex
    ~State() {
        for (auto& [id, dictionary] : by_id) {
            ZSTD_freeCDict(dictionary.compress);
            ZSTD_freeDDict(dictionary.decompress);
        }
    }
    // 0 and nothing when the class has none; a dictionary lives as long as the State.
    std::pair<std::uint64_t, const ZSTD_CDict*> newest_of(ContentClass cls) {
        std::uint64_t id = 0;
        {
            const std::shared_lock lock(mutex);
            id = newest[static_cast<std::size_t>(cls)];
            if (id == 0) return {0, nullptr};
            if (const auto* ready = by_id.at(id).compress) return {id, ready};
        }
        const std::unique_lock lock(mutex);
        auto& dictionary = by_id.at(id);
        if (dictionary.compress == nullptr)
            dictionary.compress =
                ZSTD_createCDict(dictionary.bytes.data(), dictionary.bytes.size(), level);
        return {id, dictionary.compress};
    }
};

Dictionaries::Dictionaries() : state_(std::make_unique<State>()) {}
Dictionaries::~Dictionaries() = default;

void Dictionaries::add(std::uint64_t id, ContentClass cls, std::string bytes) {
    const std::unique_lock lock(state_->mutex);
    if (state_->by_id.contains(id)) return;
    auto* decompress = ZSTD_createDDict(bytes.data(), bytes.size());
    state_->by_id.emplace(id, Dictionary{std::move(bytes), nullptr, decompress});
    auto& newest = state_->newest[static_cast<std::size_t>(cls)];
    newest = std::max(newest, id);
}

std::uint64_t Dictionaries::newest(ContentClass cls) const {
    const std::shared_lock lock(state_->mutex);
    return state_->newest[static_cast<std::size_t>(cls)];
}

std::string Dictionaries::compress(ContentClass cls, std::string_view raw) const {
    std::string frame;
    Writer out(frame);
    std::string packed(ZSTD_compressBound(raw.size()), '\0');
    auto* context = contexts().compress;
    std::size_t size = 0;
    const auto [id, dictionary] = state_->newest_of(cls);
    if (id != 0) {
        ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0);
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
        ZSTD_CCtx_refCDict(context, dictionary);
        size = ZSTD_compress2(context, packed.data(), packed.size(), raw.data(), raw.size());
        ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
        out.u8(zstd_dictionary);
        out.varint(id);
    } else {
        size =
            ZSTD_compressCCtx(context, packed.data(), packed.size(), raw.data(), raw.size(), level);
        out.u8(zstd);
    }
    CHECK(!ZSTD_isError(size));
    if (size >= raw.size()) {
        frame.clear();
        out.u8(stored);
        out.varint(raw.size());
        out.raw(raw);
        return frame;
    }
    out.varint(raw.size());
    out.raw(std::string_view(packed).substr(0, size));
    return frame;
}

Result<std::string> Dictionaries::decompress(std::string_view frame) const {
    Reader in(frame);
    const auto codec = in.u8();
    const auto id = codec == zstd_dictionary ? in.varint() : 0;
    const auto size = in.varint();
    if (!in.ok() || codec > zstd_dictionary || size > raw_bytes_max)
        return fail(Errc::corrupt, "a body that does not decode");
    if (codec == stored) {
        if (in.left() != size) return fail(Errc::corrupt, "a body of another length than it says");
        return std::string(in.rest());
    }
    std::string raw(static_cast<std::size_t>(size), '\0');
    const auto data = in.rest();
    auto* context = contexts().decompress;
    std::size_t got = 0;
    if (codec == zstd_dictionary) {
        const std::shared_lock lock(state_->mutex);
        const auto found = state_->by_id.find(id);
        if (found == state_->by_id.end())
            return fail(Errc::corrupt,
                        "the dictionary of record " + std::to_string(id) + " is not there");
        got = ZSTD_decompress_usingDDict(
            context, raw.data(), raw.size(), data.data(), data.size(), found->second.decompress);
    } else {
        got = ZSTD_decompressDCtx(context, raw.data(), raw.size(), data.data(), data.size());
    }
    if (ZSTD_isError(got) || got != size)
        return fail(Errc::corrupt, "a body that does not decompress");
    return raw;
}

namespace {

bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c & 0x80) != 0;
}

template <class Each>
void words_of(std::string_view text, Each each) {
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && is_word(text[end]) == is_word(text[i])) ++end;
        each(text.substr(i, end - i), is_word(text[i]));
        i = end;
    }
}

}  // namespace

std::string train(std::span<const std::string> samples) {
    constexpr std::size_t dictionary_bytes = 32 * 1024;
    if (samples.size() < 200) return {};
    std::unordered_map<std::string_view, std::size_t> seen_in;
    std::unordered_set<std::string_view> mine;
    for (const auto& sample : samples) {
        mine.clear();
        words_of(sample, [&](std::string_view word, bool letters) {
            if (letters && mine.insert(word).second) ++seen_in[word];
        });
    }
    const auto enough = std::max<std::size_t>(8, samples.size() / 50);
    std::string all;
    std::vector<std::size_t> sizes;
    for (const auto& sample : samples) {
        const auto before = all.size();
        words_of(sample, [&](std::string_view word, bool letters) {
            if (!letters || seen_in[word] >= enough) all.append(word);
        });
        if (all.size() > before) sizes.push_back(all.size() - before);
    }
    std::string dictionary(dictionary_bytes, '\0');
    const auto size = ZDICT_trainFromBuffer(dictionary.data(),
                                            dictionary.size(),
                                            all.data(),
                                            sizes.data(),
                                            static_cast<unsigned>(sizes.size()));
    if (ZDICT_isError(size)) return {};
    dictionary.resize(size);
    return dictionary;
}

std::string encode_plain(const Plain& plain) {
    CHECK(plain.object_id.empty() || plain.object_id.size() == 16);
    std::string bytes;
    bytes.reserve(plain.descriptor.size() + plain.content.size() + 32);
    Writer out(bytes);
    out.u16(static_cast<std::uint16_t>(plain.kind));
    out.u16(plain.version);
    out.u8(plain.object_id.empty() ? 0 : 1);
    out.raw(plain.object_id);
    out.text(plain.descriptor);
    out.raw(plain.content);
    return bytes;
}

Result<Plain> decode_plain(std::string_view bytes) {
    Reader in(bytes);
    Plain plain;
    plain.kind = static_cast<Kind>(in.u16());
    plain.version = in.u16();
    const auto object = in.u8();
    if (object == 1) plain.object_id = in.raw(16);
    plain.descriptor = in.text();
    if (!in.ok() || object > 1) return fail(Errc::corrupt, "a body that does not decode");
    plain.content = in.rest();
    return plain;
}

namespace {
std::string body_aad(const BodyPlace& place) {
    std::string aad = "ca/body/v1";
    Writer out(aad);
    out.u64(place.seq.value());
    out.u64(static_cast<std::uint64_t>(to_micros(place.at)));
    out.u8(static_cast<std::uint8_t>(place.origin));
    out.u64(place.leaf_index);
    return aad;
}
}  // namespace

std::string seal_body(const crypto::Key& key,
                      const BodyPlace& place,
                      std::string_view salt,
                      std::string_view frame) {
    CHECK(salt.size() == 32);
    std::string plain;
    plain.reserve(salt.size() + frame.size());
    plain.append(salt).append(frame);
    return crypto::xaes_seal(key, plain, body_aad(place));
}

Result<OpenedBody> open_body(const crypto::Key& key,
                             const BodyPlace& place,
                             std::string_view sealed) {
    TRY(auto plain, crypto::xaes_open(key, sealed, body_aad(place)));
    if (plain.size() < 32) return fail(Errc::corrupt, "a body that is too short");
    return OpenedBody{.salt = plain.substr(0, 32), .frame = plain.substr(32)};
}

std::string object_context(std::string_view object_id, Kind kind) {
    std::string context = "ca/obj/v1";
    context.append(object_id);
    Writer(context).u16(static_cast<std::uint16_t>(kind));
    return context;
}

namespace {

constexpr std::size_t piece_bytes = 1 << 20;

std::string frame_head(std::uint8_t codec, std::size_t raw_size) {
    std::string head;
    Writer out(head);
    out.u8(codec);
    out.varint(raw_size);
    return head;
}

// Nothing when compressing does not pay.
std::optional<std::string> seal_compressed(const crypto::Key& key,
                                           std::string_view content,
                                           std::string_view context) {
    auto* packer = contexts().compress;
    ZSTD_CCtx_setParameter(packer, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setPledgedSrcSize(packer, content.size());
    crypto::ChunkedSealer sealer(key, context, content.size());
    sealer.add(frame_head(zstd, content.size()));
    std::string piece(piece_bytes, '\0');
    ZSTD_inBuffer in{content.data(), content.size(), 0};
    std::size_t size = 0, left = 1;
    while (left != 0 && size < content.size()) {
        ZSTD_outBuffer out{piece.data(), piece.size(), 0};
        left = ZSTD_compressStream2(packer, &out, &in, ZSTD_e_end);
        CHECK(!ZSTD_isError(left));
        sealer.add(std::string_view(piece).substr(0, out.pos));
        size += out.pos;
    }
    ZSTD_CCtx_reset(packer, ZSTD_reset_session_and_parameters);
    return left == 0 && size < content.size() ? std::optional(sealer.finish()) : std::nullopt;
}

}  // namespace

std::string seal_object(const crypto::Key& key,
                        const Dictionaries& dictionaries,
                        std::string_view content,
                        std::string_view context) {
    if (content.size() <= piece_bytes)
        return crypto::chunked_seal(
            key, dictionaries.compress(ContentClass::plain, content), context);
    if (auto sealed = seal_compressed(key, content, context)) return std::move(*sealed);
    crypto::ChunkedSealer sealer(key, context, content.size() + 16);
    sealer.add(frame_head(stored, content.size()));
    sealer.add(content);
    return sealer.finish();
}

}  // namespace letopis::journal
