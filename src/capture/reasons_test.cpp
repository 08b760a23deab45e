// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/reasons.hpp"

#include <gtest/gtest.h>

namespace letopis::capture {
namespace {

using Values = std::vector<std::string>;

TEST(Reasons, a_text_leads_back_to_its_code_and_to_what_varies_in_it) {
    EXPECT_EQ(reason_of("empty file").code, "empty");
    EXPECT_EQ(reason_of("empty file").values, Values());
    EXPECT_EQ(reason_of("larger than the limit of 256 MiB").code, "too_large");
    EXPECT_EQ(reason_of("larger than the limit of 256 MiB").values, Values{"256"});
    const auto bytes = reason_of("larger than 256 MiB (268435457 bytes)");
    EXPECT_EQ(bytes.code, "too_large");
    EXPECT_EQ(bytes.values, (Values{"256", "268435457"}));
    const auto telegram = reason_of("larger than 64 MiB; everything up to byte 17 is left out");
    EXPECT_EQ(telegram.code, "too_large");
    EXPECT_EQ(telegram.values, (Values{"64", "byte 17"}));
    EXPECT_EQ(reason_of("the reader stopped: reader stopped: time limit").code, "reader_time");
    EXPECT_EQ(reason_of("the reader stopped: reader stopped: SIGSEGV").code, "reader_stopped");
    EXPECT_EQ(reason_of("the archive is damaged: Truncated ZIP file").values,
              Values{"Truncated ZIP file"});
}

TEST(Reasons, what_is_not_known_has_no_code) {
    for (const auto text : {"",
                            "Bad file descriptor",
                            "larger than",
                            "larger than  MiBs",
                            "empty file!",
                            "the archive is damaged: "})
        EXPECT_EQ(reason_of(text).code, "") << text;
}

TEST(Reasons, every_text_of_the_table_is_found_under_its_own_code) {
    for (const auto& known : known_reasons()) {
        std::string text(known.text);
        for (auto at = text.find("{}"); at != text.npos; at = text.find("{}", at))
            text.replace(at, 2, "17");
        EXPECT_EQ(reason_of(text).code, known.code) << text;
        for (const char c : known.code)
            EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') << known.code;
    }
}

}  // namespace
}  // namespace letopis::capture
