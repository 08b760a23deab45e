// SPDX-License-Identifier: AGPL-3.0-or-later
// Subjects come from strangers; rows come from our own file, and reading one must fail cleanly
// whatever it holds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "catalog/pack.hpp"
#include "catalog/packed_text.hpp"
#include "catalog/subject.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis::catalog;
    const std::string_view input(reinterpret_cast<const char*>(data), size);

    const auto base = base_subject(input).base;
    if (base_subject(base).base != base) std::abort();  // nothing is left to strip
    if (fold(fold(input)) != fold(input)) std::abort();
    (void)base_without_tags(input);
    if (native_id(native_key(input)) != input) std::abort();

    Row row;
    if (unpack(input, Depth::full, row)) {
        std::string again;
        pack(row, again);
        Row back;
        back.seq = row.seq;
        if (!unpack(again, Depth::full, back)) std::abort();
    }
    static TextPacker packer;
    if (size < 4096) (void)packer.unpack(input);
    return 0;
}
