// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/zones.hpp"

#include <gtest/gtest.h>

#include "mime/html.hpp"
#include "mime/test_support.hpp"

namespace letopis::mime {
namespace {

using model::ZoneKind;

std::string fresh(const std::string& text) {
    model::Message message;
    message.text = text;
    message.zones = find_zones(text);
    return fresh_text(message);
}

std::string kinds(const std::string& text) {
    std::string out;
    for (const auto& zone : find_zones(text)) out += "?qhsfd"[static_cast<int>(zone.kind)];
    return out;
}

TEST(Zones, quoted_lines_and_their_attribution) {
    const std::string text =
        "Hello\n\nOn Mon, 1 Jan 2024 at 10:00, Anna <a@x.example> wrote:\n> old\n\n"
        "> older\nanswer\n";

    EXPECT_EQ(fresh(text), "Hello\n\nanswer\n");
    EXPECT_EQ(kinds(text), "hq");
}

TEST(Zones, attributions_in_the_languages_of_our_users) {
    for (const std::string line :
         {"21.11.2026 14:20, Анна Петрова пишет:",
          "21 ноября 2026 г., 14:20 пользователь Анна <a@x.example> написал:",
          "Суббота, 21 ноября 2026, 14:20 +03:00 от Анна <a@x.example>:",
          "21.11.2026, 14:20, \"Анна Петрова\" <a@x.example>:",
          "сб, 21 нояб. 2026 г. в 14:20, Анна <a@x.example>:",
          "Анна Петрова писал(а) 2026-11-21 14:20:",
          "On Nov 21, 2026, at 2:20 PM, Anna wrote:",
          "Am 21.11.2026 um 14:20 schrieb Anna:",
          "Le 21/11/2026 à 14:20, Anna a écrit :",
          "On Saturday, November 21, 2026, Anna Petrova <\na@x.example> wrote:"}) {
        EXPECT_EQ(fresh("Ответ\n\n" + line + "\n> старое\n"), "Ответ\n\n") << line;
        // Programs of telephones do not mark the lines of what they quote.
        EXPECT_EQ(fresh("Ответ\n\n" + line + "\nстарое\nи ещё\n"), "Ответ\n\n") << line;
    }
}

TEST(Zones, separators_and_header_blocks) {
    for (const std::string head :
         {"-----Original Message-----\nFrom: Anna\nSent: today\nTo: Boris\nSubject: x\n",
          "-----Исходное сообщение-----\nОт: Анна\nОтправлено: сегодня\nКому: Борис\nТема: x\n",
          "From: Anna <a@x.example>\nSent: Monday\nTo: Boris\nSubject: x\n",
          "*From:* Anna\n*Sent:* Monday\n*To:* Boris\n*Subject:* x\n",
          "От: Анна\nДата: сегодня\nКому: Борис\nТема: x\n",
          "________________________________\nFrom: Anna\nSent: Monday\nTo: Boris\n",
          "-------- Исходное сообщение --------\nТема: x\nДата: сегодня\nОт: Анна\n"}) {
        EXPECT_EQ(fresh("Ответ\n\n" + head + "\nстарый текст\n"), "Ответ\n\n") << head;
        EXPECT_EQ(kinds("Ответ\n\n" + head + "\nстарый текст\n"), "hq") << head;
    }
}

TEST(Zones, forwards) {
    for (const std::string head :
         {"---------- Forwarded message ---------\nFrom: Anna\nDate: today\nSubject: x\nTo: B\n",
          "-------- Пересылаемое сообщение --------\n21.11.2026, Анна:\n",
          "Begin forwarded message:\n\nFrom: Anna\nSubject: x\nDate: today\n"})
        EXPECT_EQ(kinds("См. ниже\n\n" + head + "\nтекст\n"), "fq") << head;
}

TEST(Zones, signatures) {
    EXPECT_EQ(kinds("Text\n-- \nAnna\n+7 495\n"), "s");
    EXPECT_EQ(fresh("Text\n-- \nAnna\n"), "Text\n");
    EXPECT_EQ(fresh("Добрый день.\n\nС уважением,\nАнна Петрова\nООО Ромашка\n"),
              "Добрый день.\n\n");
    EXPECT_EQ(fresh("Fine.\n\nBest regards,\nAnna\n"), "Fine.\n\n");
    EXPECT_EQ(fresh("Да\n\nОтправлено с iPhone\n"), "Да\n\n");
    EXPECT_EQ(fresh("Да\n--\nОтправлено из мобильной Яндекс Почты\n"), "Да\n");
    EXPECT_EQ(fresh("Yes\n\nSent from my iPhone\n\nOn Jan 1, 2024, at 1:00, B wrote:\n> q\n"),
              "Yes\n\n\n");
    EXPECT_EQ(fresh("Price is 5.\n\nAnna Petrova\nanna@x.example\n+7 (495) 123-45-67\n"),
              "Price is 5.\n\n");
    EXPECT_EQ(fresh("Thank you for booking with us, we wait for you.\n"),
              "Thank you for booking with us, we wait for you.\n");
    EXPECT_EQ(fresh("Look here:\nhttp://x.example\n"), "Look here:\nhttp://x.example\n");
}

TEST(Zones, lawyers) {
    const std::string notice =
        "This message is confidential and intended only for the addressee. If you are not the\n"
        "intended recipient, please delete it and tell us. Thank you for your cooperation.\n";
    const std::string russian =
        "Настоящее сообщение и приложения к нему конфиденциальны и предназначены исключительно "
        "для адресата. Если вы получили это сообщение по ошибке, удалите его.\n";

    EXPECT_EQ(fresh("Hi\n\n" + notice), "Hi\n\n");
    EXPECT_EQ(kinds("Да\n\n" + russian), "d");
    EXPECT_EQ(kinds("The price list is confidential, keep it so.\n"), "");
}

TEST(Zones, ordinary_text_has_none) {
    EXPECT_EQ(kinds("Hello Anna,\n\nplease look at this: it works.\nFrom: here to there\n\nBye\n"),
              "");
    EXPECT_EQ(kinds(""), "");
    EXPECT_EQ(kinds("\n\n\n"), "");
    EXPECT_EQ(kinds(">From the start\n"), "");
}

TEST(Zones, are_ascending_and_inside_whatever_the_text) {
    std::string text;
    for (int i = 0; i < 3000; ++i) {
        constexpr std::string_view lines[] = {"> q",
                                              "",
                                              "On x wrote:",
                                              "-- ",
                                              "From: a@b",
                                              "To: c",
                                              "Regards",
                                              "____________________",
                                              "text",
                                              "\xD0\x94"};
        text += lines[static_cast<std::size_t>(i * 7919 / 13) % 10];
        text += '\n';
        if (i % 100 != 0) continue;
        std::uint32_t at = 0;
        for (const auto& zone : find_zones(text)) {
            EXPECT_GE(zone.begin, at);
            EXPECT_GT(zone.end, zone.begin);
            at = zone.end;
        }
        EXPECT_LE(at, text.size());
    }
}

// The measuring set of the talon project: what a person wrote, without quotation and signature.
class Talon : public ::testing::Test {
protected:
    void SetUp() override {
        folder = shared_data() / "email" / "talon";
        if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data at " << folder;
    }
    std::filesystem::path folder;
};

TEST_F(Talon, standard_replies) {
    int good = 0, all = 0;
    for (const auto& file : files_under(folder / "standard_replies")) {
        if (file.extension() != ".eml") continue;
        const auto text = without_space(fresh_text(parse_mail(*read_file(file))));
        ++all;
        if (text == "Hello") ++good;
    }
    RecordProperty("hit", good);
    EXPECT_EQ(good, all);  // 14 of 14
}

TEST_F(Talon, html_replies) {
    int good = 0, all = 0;
    for (const auto& file : files_under(folder / "html_replies")) {
        const auto text = html_to_text(*read_file(file), 1 << 20);
        ++all;
        if (without_space(fresh(text)) == "Hi.Iamfine.") ++good;
    }
    EXPECT_EQ(good, all);  // 9 of 9
}

TEST_F(Talon, signatures_without_a_mark) {
    int good = 0, all = 0;
    for (const auto& file : files_under(folder / "signature" / "emails" / "stripped")) {
        const auto name = file.string();
        if (!name.ends_with("_body")) continue;
        const auto signature = read_file(name.substr(0, name.size() - 4) + "signature");
        if (!signature) continue;
        const auto body = without_space(*read_file(file));
        ++all;
        if (without_space(fresh(*read_file(file))) ==
            body.substr(0, body.rfind(without_space(*signature))))
            ++good;
    }
    EXPECT_GE(good * 6, all * 5);  // 5 of 6: "Stavros / via mobile" keeps the name
}

}  // namespace
}  // namespace letopis::mime
