// SPDX-License-Identifier: AGPL-3.0-or-later
// Everything of the keyring that is read before or after a key: the file's frame, the opened
// entries, a key file, a recovery sheet. The first byte chooses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "crypto/key_text_internal.hpp"
#include "crypto/keyring_file_internal.hpp"

using namespace letopis;
using namespace letopis::crypto;

namespace {

const Key& some_key() {
    static const Key key = Key::from(std::string(32, 'k'));
    return key;
}

void require(bool right) {
    if (!right) std::abort();
}

void frame(std::string_view bytes) {
    // Most inputs would end at the checksum, so it is made right; opening must fail all the same.
    std::string whole(bytes);
    whole += as_bytes(sha256(whole));
    for (const auto file : {bytes, std::string_view(whole)})
        if (const auto parsed = parse_frame(file)) {
            require(!open_entries(some_key(), *parsed));
            require(!unwrap_root(parsed->unlock, some_key()));
        }
}

void entries(std::string_view bytes) {
    const auto parsed = parse_entries(bytes);
    if (!parsed) return;
    // A varint may be written longer than it must be; what we write ourselves is read the same.
    const auto again = write_entries(*parsed);
    require(again.size() <= bytes.size());
    const auto reread = parse_entries(again);
    require(reread && write_entries(*reread) == again);
    if (parsed->size() < 4)
        for (const auto& entry : *parsed) require(!unwrap_entry(some_key(), entry));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
        case 0: frame(bytes); break;
        case 1: entries(bytes); break;
        case 2:
            if (const auto key = parse_key_file(bytes))
                require(parse_key_file(key_file_text(*key))->bytes() == key->bytes());
            break;
        default:
            if (const auto root = parse_sheet(bytes))
                require(parse_sheet(sheet_text(*root))->bytes() == root->bytes());
    }
    return 0;
}
