// SPDX-License-Identifier: AGPL-3.0-or-later
// The fuzz corpora as plain tests.
#include <gtest/gtest.h>

#include "mime/charset.hpp"
#include "mime/display_soundness.hpp"
#include "mime/display_writer.hpp"
#include "mime/html.hpp"
#include "mime/soundness.hpp"
#include "mime/test_support.hpp"
#include "mime/words.hpp"
#include "mime/zones.hpp"

namespace letopis::mime {
namespace {

std::vector<std::string> corpus(const std::string& name) {
    std::vector<std::string> out;
    for (const auto& file :
         files_under(std::filesystem::path(LETOPIS_SOURCE_DIR) / "fuzz" / "corpus" / name))
        out.push_back(*read_file(file));
    EXPECT_GE(out.size(), 5u) << name;
    return out;
}

TEST(Corpus, mails_keep_all_promises_in_every_dialect) {
    for (const auto& input : corpus("mime")) {
        if (input.empty()) continue;
        for (int dialect = 1; dialect <= 4; ++dialect)
            EXPECT_EQ(fault_of_mail(input.substr(1), static_cast<model::Dialect>(dialect)), "")
                << input.substr(0, 200);
    }
}

TEST(Corpus, shown_letters_are_harmless_and_do_not_change_any_more) {
    for (const auto& input : corpus("display")) {
        const auto rest = std::string_view(input).substr(1);
        if (input[0] == 1) {
            const auto mail = display(rest, model::Dialect::mail);
            ASSERT_TRUE(mail);
            EXPECT_EQ(fault_of_display(*mail), "");
            continue;
        }
        DisplayWriter once(nullptr), twice(nullptr);
        once.add(utf8::repair(rest));
        const auto shown = once.finish();
        twice.add(shown.html);
        EXPECT_EQ(fault_of_display(shown), "") << input;
        EXPECT_EQ(twice.finish().html, shown.html) << input;
    }
}

TEST(Corpus, charsets_html_headers_and_zones_stand_everything) {
    for (const std::string name : {"charset", "html", "headers", "zones"})
        for (const auto& input : corpus(name)) {
            EXPECT_TRUE(utf8::valid(decode(input, input.substr(0, input.find('\n'))).text));
            EXPECT_TRUE(utf8::valid(html_to_text(utf8::repair(input), 1000)));
            EXPECT_TRUE(utf8::valid(decode_words(input)));
            EXPECT_EQ(fault_of_zones(find_zones(input), input.size()), "");
        }
}

}  // namespace
}  // namespace letopis::mime
