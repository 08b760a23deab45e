// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/whatsapp/header.hpp"

#include <gtest/gtest.h>

#include "capture/whatsapp/entry.hpp"
#include "capture/whatsapp/phrases.hpp"

namespace letopis::capture::whatsapp {
namespace {

struct Form {
    const char* line;
    DateOrder order;
    const char* time;    // what it means
    const char* author;  // nullptr: a line of the program
    const char* body;
};

TEST(WhatsAppHeader, reads_every_form_of_date_and_clock) {
    const Form forms[] = {
        {"22.03.2024, 14:36 - Иван Петров: текст",
         DateOrder::dmy,
         "2024-03-22T14:36",
         "Иван Петров",
         "текст"},
        {"[22.03.2024, 14:36:01] Иван Петров: текст",
         DateOrder::dmy,
         "2024-03-22T14:36:01",
         "Иван Петров",
         "текст"},
        {"[22.03.24, 14:36:01] Иван: текст",
         DateOrder::dmy,
         "2024-03-22T14:36:01",
         "Иван",
         "текст"},
        {"22/03/2024, 14:36 - John: text", DateOrder::dmy, "2024-03-22T14:36", "John", "text"},
        {"3/22/24, 2:36 PM - John: text", DateOrder::mdy, "2024-03-22T14:36", "John", "text"},
        {"3/22/24, 2:36\u202FPM - John: text", DateOrder::mdy, "2024-03-22T14:36", "John", "text"},
        {"\u200E[3/22/24, 2:36:01\u202FPM] John: text",
         DateOrder::mdy,
         "2024-03-22T14:36:01",
         "John",
         "text"},
        {"3/22/24, 12:05 AM - John: text", DateOrder::mdy, "2024-03-22T00:05", "John", "text"},
        {"3/22/24, 12:05 pm - John: text", DateOrder::mdy, "2024-03-22T12:05", "John", "text"},
        {"06/20/2020, 00:08 a. m. - John: text",
         DateOrder::mdy,
         "2020-06-20T00:08",
         "John",
         "text"},
        {"20/06/2020, 3:55 p.\u00A0m. - Juan: hola",
         DateOrder::dmy,
         "2020-06-20T15:55",
         "Juan",
         "hola"},
        {"22.03.2024, 2:36 ПП - Иван: текст", DateOrder::dmy, "2024-03-22T14:36", "Иван", "текст"},
        {"22.03.2024, 2:36 дп - Иван: текст", DateOrder::dmy, "2024-03-22T02:36", "Иван", "текст"},
        {"22.03.16, 14:36 - Имя: текст", DateOrder::dmy, "2016-03-22T14:36", "Имя", "текст"},
        {"22.03.16 14:36:01: Имя: текст", DateOrder::dmy, "2016-03-22T14:36:01", "Имя", "текст"},
        {"[2019-04-16 02:09] +1 123 456 789: Et labore",
         DateOrder::ymd,
         "2019-04-16T02:09",
         "+1 123 456 789",
         "Et labore"},
        {"2019-10-20, 10:16 - John: Laborum",
         DateOrder::ymd,
         "2019-10-20T10:16",
         "John",
         "Laborum"},
        {"[15-01-20 02:22:56] Mary: Nostrud",
         DateOrder::dmy,
         "2020-01-15T02:22:56",
         "Mary",
         "Nostrud"},
        {"22. 3. 2024 14.36 - Matti: moi", DateOrder::dmy, "2024-03-22T14:36", "Matti", "moi"},
        {"12/07/2019 à 19:34 - Léa: salut", DateOrder::dmy, "2019-07-12T19:34", "Léa", "salut"},
        {"22.03.2024 г., 14:36 - Иван: текст", DateOrder::dmy, "2024-03-22T14:36", "Иван", "текст"},
        {"22.03.2024, 14:36 - ~\u202FИван: текст",
         DateOrder::dmy,
         "2024-03-22T14:36",
         "Иван",
         "текст"},
        {"22.03.2024, 14:36 - \u202A+7\u00A0916\u00A0123-45-67\u202C: текст",
         DateOrder::dmy,
         "2024-03-22T14:36",
         "+7 916 123-45-67",
         "текст"},
        {"22.03.2024, 14:36 - Иван: ", DateOrder::dmy, "2024-03-22T14:36", "Иван", ""},
        {"22.03.2024, 14:36 - Иван:", DateOrder::dmy, "2024-03-22T14:36", "Иван", ""},
        {"10/06/20, 15:55 - John-John Doe: Lorem ipsum : dolor",
         DateOrder::dmy,
         "2020-06-10T15:55",
         "John-John Doe",
         "Lorem ipsum : dolor"},
        {"22.03.2024, 14:36 - Вы создали группу",
         DateOrder::dmy,
         "2024-03-22T14:36",
         nullptr,
         "Вы создали группу"},
        {"22.03.2024, 14:36 - Анна изменил(а) тему группы на «План: май»",
         DateOrder::dmy,
         "2024-03-22T14:36",
         nullptr,
         "Анна изменил(а) тему группы на «План: май»"},
        {"3/22/24, 2:36 PM - Ann changed the subject to \"A: b\"",
         DateOrder::mdy,
         "2024-03-22T14:36",
         nullptr,
         "Ann changed the subject to \"A: b\""},
        {"3/22/24, 2:36 PM - Ann changed the group name to Plan: May",
         DateOrder::mdy,
         "2024-03-22T14:36",
         nullptr,
         "Ann changed the group name to Plan: May"},
    };
    for (const auto& form : forms) {
        const std::string_view line = form.line;
        const auto entry = split_entry(line);
        ASSERT_TRUE(entry) << line;
        const auto key = key_of(line, *entry, form.order);
        EXPECT_EQ(key.substr(0, key.find('|')), form.time) << line;
        EXPECT_EQ(entry->author, form.author ? form.author : "") << line;
        EXPECT_EQ(line.substr(entry->body, entry->end - entry->body), form.body) << line;
    }
}

TEST(WhatsAppHeader, is_not_seen_where_there_is_none) {
    for (const auto* line : {"",
                             "текст",
                             "[",
                             "12",
                             "1.2.3",
                             "[12.13] x",
                             "22.03.2024",
                             "22.03.2024, 14:36",
                             "22.03.2024, 25:36 - x: y",
                             "22.03.2024, 14:76 - x: y",
                             "99.99.2024, 14:36 - x: y",
                             "22.03/2024, 14:36 - x: y",
                             "[22.03.2024, 14:36 x: y",
                             "1234567890, 14:36 - x: y",
                             "192.168.10.12, 14:36 - x",
                             "22.03.202, 14:36 - x: y",
                             "2024-03-22T14:36:00Z x: y"})
        EXPECT_FALSE(read_header(line)) << line;
}

TEST(WhatsAppHeader, may_begin_header_never_says_no_to_a_header) {
    for (const auto* line : {"22.03.2024, 14:36 - x: y",
                             "\u200E[22.03.2024, 14:36:01] x: y",
                             "\uFEFF22.03.2024, 14:36 - x: y"}) {
        EXPECT_TRUE(read_header(line)) << line;
        EXPECT_TRUE(may_begin_header(line)) << line;
    }
}

TEST(WhatsAppPhrases, find_what_happened_in_six_languages) {
    const std::pair<const char*, const char*> lines[] = {
        {"+12 345 578 created group \"Groupname\"", "created"},
        {"You were added", "added"},
        {"Ann left", "left"},
        {"Ann removed Bob", "removed"},
        {"Your security code with Ann changed. Tap to learn more.", "security_code_changed"},
        {"Анна создал(а) группу «Отдел»", "created"},
        {"Анна добавил(а) Бориса", "added"},
        {"Анна добавила вас", "added"},
        {"Борис вышел(-ла)", "left"},
        {"Анна изменил(а) тему группы на «А»", "subject_changed"},
        {"Ваш код безопасности с контактом Анна изменился", "security_code_changed"},
        {"Пропущенный аудиозвонок", "missed_call"},
        {"Анна изменил(а) номер телефона на новый", "number_changed"},
        {"Anna hat die Gruppe „Abteilung“ erstellt", "created"},
        {"Anna hat Boris hinzugefügt", "added"},
        {"Anna hat die Gruppe verlassen", "left"},
        {"Ana creó el grupo \"X\"", "created"},
        {"Léa a quitté le groupe", "left"},
        {"Ana saiu", "left"},
        {"Anna ha creato il gruppo", "created"},
    };
    for (const auto& [line, action] : lines) {
        const auto* phrase = system_phrase(line);
        ASSERT_NE(phrase, nullptr) << line;
        EXPECT_EQ(phrase->meaning, action) << line;
    }
    EXPECT_EQ(system_phrase("Ничего из этого"), nullptr);
}

TEST(WhatsAppPhrases, tell_files_from_words) {
    EXPECT_EQ(media_line("IMG-20240323-WA0001.jpg (файл добавлен)")->name,
              "IMG-20240323-WA0001.jpg");
    EXPECT_EQ(media_line("Смета 2024.xlsx (file attached)")->name, "Смета 2024.xlsx");
    EXPECT_EQ(media_line("IMG-20240323-WA0001.jpg (fichier attaché)")->name,
              "IMG-20240323-WA0001.jpg");
    EXPECT_EQ(media_line("<прикреплено: 00000012-PHOTO-2024-03-22-14-37-44.jpg>")->name,
              "00000012-PHOTO-2024-03-22-14-37-44.jpg");
    EXPECT_EQ(media_line("<pièce jointe : 00000012-PHOTO-2024.jpg>")->name,
              "00000012-PHOTO-2024.jpg");
    EXPECT_EQ(media_line("<Media omitted>")->missing, "not included");
    EXPECT_EQ(media_line("изображение отсутствует")->missing, "not included");
    EXPECT_EQ(media_line("договор.pdf • 3 страницы документ отсутствует")->name, "договор.pdf");
    for (const auto* line : {"",
                             "привет",
                             "смотри (файл добавлен)",
                             "a <b: c>",
                             "<x: y.jpg>",
                             "я сказал: image omitted",
                             "../x (y)"})
        EXPECT_FALSE(media_line(line)) << line;
}

TEST(WhatsAppPhrases, find_the_title_in_a_file_name) {
    EXPECT_EQ(title_in("Чат WhatsApp с Иван Петров.txt"), "Иван Петров");
    EXPECT_EQ(title_in("Чат WhatsApp с контактом Иван.txt"), "Иван");
    EXPECT_EQ(title_in("WhatsApp_Chat_with_John_Doe.txt"), "John Doe");
    EXPECT_EQ(title_in("WhatsApp-Chat mit Anna.txt"), "Anna");
    EXPECT_EQ(title_in("WhatsApp Chat - ООО Ромашка.zip/_chat.txt"), "ООО Ромашка");
    EXPECT_FALSE(title_in("_chat.txt"));
    EXPECT_FALSE(title_in("notes.txt"));
    EXPECT_FALSE(title_in(""));
}

}  // namespace
}  // namespace letopis::capture::whatsapp
