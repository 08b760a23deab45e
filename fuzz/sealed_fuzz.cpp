// SPDX-License-Identifier: AGPL-3.0-or-later
// The three sealed forms. Byte 0 chooses the form, byte 1 the size of the aad or context; the rest
// is either taken as sealed (must not open under a key that sealed nothing) or sealed and changed
// in one place (must not open any more).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "crypto/crypto.hpp"

using namespace letopis;
using namespace letopis::crypto;

namespace {
void require(bool right) {
    if (!right) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    static const Key key = Key::from(std::string(32, 'k'));
    std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
    const auto aad = rest.substr(0, data[1]);
    rest.remove_prefix(aad.size());
    const auto change = [&](std::string sealed) {
        sealed[data[2] % sealed.size()] ^= static_cast<char>(1 << (data[2] % 8));
        return sealed;
    };
    switch (data[0] % 5) {
        case 0: require(!xaes_open(key, rest, aad)); break;
        case 1: require(!chunked_open(key, rest, aad)); break;
        case 2: require(!unwrap(key, rest, aad, rest)); break;
        case 3: {
            const auto sealed = xaes_seal(key, rest, aad);
            require(xaes_open(key, sealed, aad).value() == rest);
            require(!xaes_open(key, change(sealed), aad));
            break;
        }
        default: {
            const auto sealed = chunked_seal(key, rest, aad);
            require(chunked_open(key, sealed, aad).value() == rest);
            require(!chunked_open(key, change(sealed), aad));
        }
    }
    return 0;
}
