// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>

#include "mime/html.hpp"
#include "mime/phrases.hpp"
#include "mime/plain.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

std::string text(std::string_view html) { return html_to_text(html, 1 << 20); }

TEST(Html, blocks_become_lines_and_white_space_collapses) {
    EXPECT_EQ(text("<p>One  two\n three<p>Four<br>five"), "One two three\n\nFour\nfive");
    EXPECT_EQ(text("<div>a</div><div>b</div>"), "a\nb");
    EXPECT_EQ(text("a<b>b</b>c&nbsp;d&amp;e &lt;x&gt; &#1055;&eacute;"), "abc d&e <x> Пé");
    EXPECT_EQ(text("<pre>a\n  b</pre>c"), "a\n  b\nc");
}

TEST(Html, tables_lists_and_quotations_keep_their_shape) {
    EXPECT_EQ(text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a\tb\nc");
    EXPECT_EQ(text("<ul><li>one<li>two</ul>"), "- one\n- two");
    EXPECT_EQ(text("new<blockquote>old<blockquote>older</blockquote>x</blockquote>end"),
              "new\n> old\n>> older\n> x\nend");
}

TEST(Html, what_is_not_shown_is_dropped) {
    EXPECT_EQ(
        text("<head><title>t</title><style>p{}</style></head>a<script>evil('</p>')</script>b"),
        "ab");
    EXPECT_EQ(text("a<!-- comment -->b<img alt='the sun' src=x onerror=alert(1)>c"),
              "ab the sun c");
}

TEST(Html, its_own_charset_is_found) {
    EXPECT_EQ(html_charset("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>"),
              "koi8-r");
    EXPECT_EQ(html_charset("<meta charset=\"windows-1251\">"), "windows-1251");
    EXPECT_EQ(html_charset("<p>charset"), "");
}

TEST(Html, a_chunk_border_inside_a_letter_harms_nothing) {
    std::string html = "<p>";
    for (int i = 0; i < 100'000; ++i) html += "я";
    std::string want = html.substr(3);

    EXPECT_EQ(text(html), want);
    EXPECT_EQ(text("x" + html), "x\n\n" + want);
}

TEST(Html, depth_and_damage_cost_no_stack) {
    std::string deep;
    for (int i = 0; i < 200'000; ++i) deep += "<div>";
    EXPECT_EQ(text(deep + "x"), "x");
    EXPECT_EQ(text(std::string("a\0b", 3)), "a b");
    EXPECT_TRUE(utf8::valid(html_to_text("<p>яяяя", 3)));
    text("<a href=\"");
    text("<");
    text("<!--");
}

TEST(Plain, line_ends_become_lf) {
    EXPECT_EQ(normal_lines(std::string_view("a\r\nb\rc\nd\0e", 10)), "a\nb\nc\nde");
}

TEST(Plain, flowed_lines_are_joined) {
    EXPECT_EQ(unflow("One \ntwo\nthree\n", false), "One two\nthree\n");
    EXPECT_EQ(unflow("One \ntwo\n", true), "Onetwo\n");
    EXPECT_EQ(unflow("> q1 \n> q2\nmine\n", false), "> q1 q2\nmine\n");
    EXPECT_EQ(unflow(" From stuffed\n", false), "From stuffed\n");
    EXPECT_EQ(unflow("text \n-- \nname\n", false), "text \n-- \nname\n");
    EXPECT_EQ(unflow("> a \nb\n", false), "> a \nb\n");
}

TEST(Plain, enriched_text_loses_its_commands) {
    EXPECT_EQ(enriched_to_text("<bold>Now</bold> is <color><param>red</param>the</color> time\n\n"
                               "for <<all>"),
              "Now is the time\nfor <all>");
    EXPECT_EQ(enriched_to_text("a\nb"), "a b");
}

TEST(Plain, uuencoded_files_are_found_and_decoded) {
    const std::string mail = "hello\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n";
    const auto files = find_uuencoded(mail);

    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].name, "cat.txt");
    EXPECT_EQ(decode_uu(files[0].lines), "Cat");
    EXPECT_EQ(mail.substr(files[0].begin, files[0].end - files[0].begin),
              "begin 644 cat.txt\n#0V%T\n`\nend\n");
    EXPECT_TRUE(find_uuencoded("begin the day\nbegin 644\nbegin 644 x\nno code\n").empty());
    EXPECT_EQ(find_uuencoded("begin 600 a\n#0V%T\n`\nend\nbegin 600 b\n#0V%T\nend\n").size(), 2u);
}

TEST(Plain, clear_signed_text_is_read) {
    const std::string mail =
        "before\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nsaid\n- -- dash\n"
        "-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\nafter\n";

    EXPECT_EQ(pgp_armor(mail), Armor::clear_signed);
    EXPECT_EQ(without_armor(mail), "before\nsaid\n-- dash\nafter\n");
    EXPECT_EQ(pgp_armor("a\n-----BEGIN PGP MESSAGE-----\n"), Armor::encrypted);
    EXPECT_EQ(pgp_armor("I wrote -----BEGIN PGP MESSAGE----- here"), Armor::none);
}

TEST(Phrases, are_found_in_one_pass) {
    const std::array<std::string_view, 4> list = {"she", "hers|his", "he", "ёж"};
    const Phrases phrases(list);

    EXPECT_EQ(phrases.in("ushers"), 0b0111u);
    EXPECT_EQ(phrases.in("THIS"), 0b0010u);
    EXPECT_EQ(phrases.in("ёж"), 0b1000u);
    EXPECT_EQ(phrases.in("x"), 0u);
}

}  // namespace
}  // namespace letopis::mime
