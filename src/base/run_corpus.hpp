// SPDX-License-Identifier: AGPL-3.0-or-later
// For tests: the fuzz target of a parser on its corpus and on broken variants of it, as a plain
// test. The test file includes the target itself (fuzz/<name>_fuzz.cpp), which aborts when a rule
// is broken.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "base/files.hpp"

namespace letopis {

// Every file of fuzz/corpus/<name>; each cut, and with one byte changed, at so many places.
inline void run_corpus(const std::string& name,
                       int (*target)(const std::uint8_t*, std::size_t),
                       std::size_t places = 300) {
    const auto run = [&](const std::string& bytes) {
        target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    };
    const Path folder = Path(LETOPIS_SOURCE_DIR) / "fuzz/corpus" / name;
    const auto files = list_directory(folder).value_or(std::vector<std::string>{});
    EXPECT_GE(files.size(), 5u) << folder;
    for (const auto& file : files) {
        const auto bytes = read_file(folder / file).value_or("");
        run(bytes);
        const auto step = bytes.size() / places + 1;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            run(bytes.substr(0, at));
            for (const char byte : {'\0', '\n', '"', '\xff'}) {
                auto changed = bytes;
                changed[at] = byte;
                run(changed);
            }
        }
    }
}

}  // namespace letopis
