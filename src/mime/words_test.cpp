// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/words.hpp"

#include <gtest/gtest.h>

#include "mime/address.hpp"
#include "mime/date.hpp"
#include "mime/ids.hpp"

namespace letopis::mime {
namespace {

TEST(Words, decodes_both_encodings) {
    EXPECT_EQ(decode_words("=?utf-8?B?0J/RgNC40LLQtdGC?="), "Привет");
    EXPECT_EQ(decode_words("=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?="), "Привет");
    EXPECT_EQ(decode_words("Re: =?windows-1251?q?=CF=F0=E8=E2=E5=F2_=EC=E8=F0?= !"),
              "Re: Привет мир !");
    EXPECT_EQ(decode_words("=?utf-8*ru?Q?=D0=9F?="), "П");
}

TEST(Words, joins_characters_that_were_cut_between_words) {
    EXPECT_EQ(decode_words("=?utf-8?Q?=D0?= =?utf-8?Q?=9F?="), "П");
    EXPECT_EQ(decode_words("=?utf-8?B?0J8=?=\r\n =?utf-8?Q?=D0?=\n\t=?UTF-8?B?nw==?="), "ПП");
    EXPECT_EQ(decode_words("=?utf-8?B?0J/R?= =?utf-8?B?gA==?="), "Пр");
    EXPECT_EQ(decode_words("=?utf-8?B?0J/Rg?= =?utf-8?B?A==?="), "Пр");
    EXPECT_EQ(decode_words("=?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?= =?ISO-2022-JP?B?GyRCJUYbKEI=?="),
              "テストテ");
}

TEST(Words, forgives_what_programs_do) {
    EXPECT_EQ(decode_words("a=?utf-8?Q?b?==?utf-8?Q?c?=d"), "abcd");
    EXPECT_EQ(decode_words("=?utf-8?Q?with spaces inside?="), "with spaces inside");
    EXPECT_EQ(decode_words("\"=?utf-8?Q?quoted?=\""), "\"quoted\"");
    EXPECT_EQ(decode_words("=?koi8-r?B?z/Do4uXy?="), "Привет");  // cp1251 under a wrong label
    EXPECT_EQ(decode_words("=?broken"), "=?broken");
    EXPECT_EQ(decode_words("=?x?Z?abc?="), "=?x?Z?abc?=");
    EXPECT_EQ(decode_words("a\r\n b\n\tc"), "a b c");
}

TEST(Words, raw_bytes_take_the_charset_of_the_mail) {
    EXPECT_EQ(decode_words("\xF1\xD3\xCE\xCF", "koi8-r"), "Ясно");
    EXPECT_EQ(decode_words("Привет"), "Привет");
    bool guessed = false;
    EXPECT_EQ(decode_words("\xCF\xF0\xE8\xE2\xE5\xF2", {}, &guessed), "Привет");
    EXPECT_TRUE(guessed);
}

TEST(Parameters, plain_quoted_and_commented) {
    const auto type = parse_parameters(
        " Text/PLAIN (a comment); charset=\"koi8-r\" ; format=flowed;name=\"a;b \\\"c\\\".txt\"");

    EXPECT_EQ(type.value, "text/plain");
    EXPECT_EQ(type["charset"], "koi8-r");
    EXPECT_EQ(type["format"], "flowed");
    EXPECT_EQ(type["name"], "a;b \"c\".txt");
    EXPECT_EQ(type["absent"], "");
}

TEST(Parameters, rfc2231_and_its_abuses) {
    EXPECT_EQ(parse_parameters("a/b; name*=koi8-r'ru'%F0%D2%C9")["name"], "При");
    EXPECT_EQ(parse_parameters("a/b; n*0*=utf-8''%D0; n*1*=%9F; n*2=\".txt\"")["n"], "П.txt");
    EXPECT_EQ(parse_parameters("a/b; n*1=b; n*0=a; n*10=d; n*2=c")["n"], "abcd");
    EXPECT_EQ(parse_parameters("a/b; name=old; name*=utf-8''new")["name"], "new");
    EXPECT_EQ(parse_parameters("a/b; name=\"=?utf-8?B?0J/RgNC40LLQtdGC?=.pdf\"")["name"],
              "Привет.pdf");
    EXPECT_EQ(parse_parameters("a/b; name==?utf-8?Q?=D0=9F?= =?utf-8?Q?=D1=80?=")["name"], "Пр");
    EXPECT_EQ(parse_parameters("a/b; name=\xCF\xF0\xE8\xE2\xE5\xF2.doc")["name"], "Привет.doc");
    EXPECT_EQ(parse_parameters("a/b; name*0==?utf-8?Q?a?=; name*1=.x")["name"], "a.x");
}

TEST(Parameters, damaged_ones) {
    EXPECT_EQ(parse_parameters("text/plain charset=utf-8")["charset"], "utf-8");
    EXPECT_EQ(parse_parameters("attachment; filename=a b.pdf")["filename"], "a b.pdf");
    EXPECT_EQ(parse_parameters("application/pdf\r\n name=x.pdf\r\n size=17")["size"], "17");
    EXPECT_EQ(parse_parameters("a/b; name=\"never closed; x=y")["x"], "y");
    EXPECT_EQ(parse_parameters("a/b;;; = ;x=1;")["x"], "1");
    EXPECT_EQ(parse_parameters("image/ jpeg").value, "image/jpeg");
    EXPECT_TRUE(parse_parameters("a/b; boundary=x; boundary=y").duplicated("boundary"));
    EXPECT_FALSE(parse_parameters("a/b; boundary=x; boundary=x").duplicated("boundary"));
}

std::string date(std::string_view text) {
    const auto moment = parse_date(text);
    return moment ? rfc3339(*moment) : "none";
}

TEST(Date, the_standard_form_and_its_obsolete_ones) {
    EXPECT_EQ(date("Fri, 21 Nov 1997 09:55:06 -0600"), "1997-11-21T15:55:06Z");
    EXPECT_EQ(date("21 Nov 97 09:55:06 GMT"), "1997-11-21T09:55:06Z");
    EXPECT_EQ(date("Fri,21 Nov 2026 09:55 +0300 (MSK)"), "2026-11-21T06:55:00Z");
    EXPECT_EQ(date(" Fri, 21 (com(ment)) Nov\r\n 2026  09:55:00 EST"), "2026-11-21T14:55:00Z");
    EXPECT_EQ(date("21 Nov 2026 9:5:6 MSK"), "2026-11-21T06:05:06Z");
    EXPECT_EQ(date("Fri, 21 Nov 02 09:55:06 Z"), "2002-11-21T09:55:06Z");
    EXPECT_EQ(date("Fri, 21 Nov 102 09:55:06 +0000"), "2002-11-21T09:55:06Z");
}

TEST(Date, other_forms) {
    EXPECT_EQ(date("Sunday, 06-Nov-94 08:49:37 GMT"), "1994-11-06T08:49:37Z");
    EXPECT_EQ(date("Sun Nov  6 08:49:37 1994"), "1994-11-06T08:49:37Z");
    EXPECT_EQ(date("Sun Nov  6 08:49:37 PST 1994"), "1994-11-06T16:49:37Z");
    EXPECT_EQ(date("2026-11-21T10:11:12.345+03:00"), "2026-11-21T07:11:12Z");
    EXPECT_EQ(date("2026-11-21 10:11"), "2026-11-21T10:11:00Z");
    EXPECT_EQ(date("21.11.2026 10:11:12 +0300"), "2026-11-21T07:11:12Z");
    EXPECT_EQ(date("11/21/2026 10:11 PM"), "2026-11-21T22:11:00Z");
    EXPECT_EQ(date("Mon, 1 Jan 2024 12:30:00 AM +0000"), "2024-01-01T00:30:00Z");
    EXPECT_EQ(date("Пт, 21 ноя 2026 10:00:00 +0300"), "2026-11-21T07:00:00Z");
    EXPECT_EQ(date("Fri, 21 Nov 2026 10:00:00 GMT+0300"), "2026-11-21T07:00:00Z");
    EXPECT_EQ(date("Fri, 21 Nov 2026"), "2026-11-21T00:00:00Z");
}

TEST(Date, nonsense_is_no_date) {
    for (const std::string_view text : {"",
                                        "yesterday",
                                        "32 Nov 2026 10:00",
                                        "Nov 2026",
                                        "1 2 3",
                                        "21 Nov 1950 10:00:00",
                                        "99999999999999999999",
                                        "21 Nov 9999 10:00",
                                        "((((("})
        EXPECT_EQ(date(text), "none") << text;
}

std::string addresses(std::string_view text) {
    std::vector<model::Party> parties;
    parse_addresses(text, model::Role::to, {}, parties);
    std::string out;
    for (const auto& party : parties)
        out += party.name + (party.kind == model::AddressKind::email ? "<" : "[") + party.address +
               (party.kind == model::AddressKind::email ? ">" : "]");
    return out;
}

TEST(Addresses, the_usual_forms) {
    EXPECT_EQ(addresses("Anna <Anna@Client.Example>"), "Anna<anna@client.example>");
    EXPECT_EQ(addresses("a@x.example, B <b@x.example>; c@x.example (C)"),
              "<a@x.example>B<b@x.example>C<c@x.example>");
    EXPECT_EQ(addresses("\"Petrova, Anna\" <a@x.example>"), "Petrova, Anna<a@x.example>");
    EXPECT_EQ(addresses("=?utf-8?B?0JDQvdC90LAsINC00LjRgC4=?= <a@x.example>"),
              "Анна, дир.<a@x.example>");
    EXPECT_EQ(addresses("\"=?utf-8?Q?=D0=90?=\" <a@x.example>"), "А<a@x.example>");
    EXPECT_EQ(addresses("Team: a@x.example, B <b@x.example>;, c@x.example"),
              "<a@x.example>B<b@x.example><c@x.example>");
    EXPECT_EQ(addresses("undisclosed-recipients:;"), "");
}

TEST(Addresses, obsolete_and_malformed_forms) {
    EXPECT_EQ(addresses("Joe <@a.example,@b.example:joe@c.example>"), "Joe<joe@c.example>");
    EXPECT_EQ(addresses("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
              "Pete<pete@silly.test>");
    EXPECT_EQ(addresses("joe @ c . example"), "<joe@c.example>");
    EXPECT_EQ(addresses("'joe@c.example' <joe@c.example>"), "joe@c.example<joe@c.example>");
    EXPECT_EQ(addresses("<<joe@c.example>>"), "<joe@c.example>");
    EXPECT_EQ(addresses("Joe <joe@c.example"), "Joe<joe@c.example>");
    EXPECT_EQ(addresses("\"Joe <joe@c.example>"), "Joe<joe@c.example>");
    EXPECT_EQ(addresses("Joe joe@c.example"), "<joe@c.example>");
    EXPECT_EQ(addresses("mailto:joe@c.example"), "<joe@c.example>");
    EXPECT_EQ(addresses("root"), "root[root]");
    EXPECT_EQ(addresses(",,;"), "");
    EXPECT_EQ(addresses("\"j o e\"@c.example"), "<\"j o e\"@c.example>");
}

TEST(Addresses, list_archives_hide_the_at_sign) {
    EXPECT_EQ(addresses("maechler at stat.math.ethz.ch (Martin Maechler)"),
              "Martin Maechler<maechler@stat.math.ethz.ch>");
    EXPECT_EQ(addresses("Look at me"), "Look at me[Look at me]");
}

TEST(Addresses, domains_become_a_labels) {
    EXPECT_EQ(addresses("Анна <anna@Почта.РФ>"), "Анна<anna@xn--80a1acny.xn--p1ai>");
    EXPECT_EQ(normal_address("anna@Corp.Example."), "anna@corp.example");
}

TEST(Addresses, raw_8bit_names_take_the_charset_of_the_mail) {
    std::vector<model::Party> parties;
    parse_addresses("\xE1\xCE\xCE\xC1 <a@x.example>", model::Role::from, "koi8-r", parties);

    ASSERT_EQ(parties.size(), 1u);
    EXPECT_EQ(parties[0].name, "Анна");
}

using Ids = std::vector<std::string>;

TEST(Ids, message_ids_lose_their_brackets_and_keep_their_case) {
    EXPECT_EQ(parse_message_id(" <Abc@X.example> "), "Abc@X.example");
    EXPECT_EQ(parse_message_id("Abc@X.example"), "Abc@X.example");
    EXPECT_EQ(parse_message_id("<a\r\n b@c>"), "ab@c");
    EXPECT_EQ(parse_message_id(""), "");
}

TEST(Ids, references_with_garbage_between) {
    EXPECT_EQ(parse_references("<a@x>, junk <b@x>\r\n\t<c@x> <a@x>"), (Ids{"a@x", "b@x", "c@x"}));
    EXPECT_EQ(parse_references("a@x b@x"), (Ids{"a@x", "b@x"}));
    EXPECT_EQ(parse_references("nothing here"), Ids{});
    EXPECT_EQ(parse_references("<broken <a@x>"), Ids{"a@x"});
}

TEST(Ids, in_reply_to_in_old_prose) {
    EXPECT_EQ(parse_in_reply_to("<a@x>"), Ids{"a@x"});
    EXPECT_EQ(parse_in_reply_to("<a@x> <b@x>"), (Ids{"a@x", "b@x"}));
    EXPECT_EQ(parse_in_reply_to("Your message of \"Mon, 1 Jan 2001\" <a@x>"), Ids{"a@x"});
    EXPECT_EQ(parse_in_reply_to("message from Joe <joe@host> of Mon <a@x>"), Ids{"a@x"});
    EXPECT_EQ(parse_in_reply_to("<a@x> from Joe <joe@host>"), Ids{"a@x"});
    EXPECT_EQ(parse_in_reply_to("<a@x> (joe@host's message)"), Ids{"a@x"});
}

}  // namespace
}  // namespace letopis::mime
