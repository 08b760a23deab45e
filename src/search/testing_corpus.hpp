// SPDX-License-Identifier: AGPL-3.0-or-later
// Made-up business correspondence for tests and benchmarks: mostly Russian, words with the
// frequencies of a real language, sums, telephone numbers and order numbers, a few thousand people.
// The same seed gives the same messages.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "search/search.hpp"
#include "text/analyser.hpp"

namespace letopis::search {

class TestingCorpus {
public:
    struct Shape {
        std::uint64_t seed = 1;
        std::size_t words = 60'000;   // of the vocabulary
        std::size_t groups = 5'000;   // conversations
        std::size_t body_words = 34;  // mean
    };
    explicit TestingCorpus(const Shape& shape) : shape_(shape), random_(shape.seed) {
        make_words();
    }

    // The message number i (seq i + 1) in the order of date: about one in three minutes from 2015.
    Doc next() {
        Doc doc;
        doc.seq = Seq(++seq_);
        // Some arrive in the same moment, as messages of chats do.
        if (!chance(20)) micros_ += static_cast<std::int64_t>(random_() % 360'000'000);
        doc.sort_date = from_micros(micros_);
        doc.group = random_() % shape_.groups;
        const auto person = doc.group * 3 + random_() % 3;
        doc.sender = "user" + std::to_string(person) + "@client" + std::to_string(doc.group % 997) +
                     ".example";
        doc.channel = static_cast<std::uint8_t>(1 + random_() % 3);
        doc.has_attachment = doc.channel == 1 && chance(5);
        const bool english = chance(7);
        if (doc.channel == 1) doc.subject = sentence(english, 2 + random_() % 5);
        const auto words = 3 + random_() % (2 * shape_.body_words);
        doc.body = body(english, words);
        if (doc.has_attachment)
            doc.attachments =
                "Счёт-" + std::to_string(random_() % 100000) + ".pdf " + sentence(false, 20);
        static const char* channels[] = {"other", "email", "telegram", "whatsapp"};
        doc.terms.push_back(std::string("channel:") + channels[doc.channel]);
        doc.terms.push_back(english ? "lang:en" : "lang:ru");
        doc.terms.push_back("conv:" + std::to_string(doc.group));
        if (doc.has_attachment) doc.terms.push_back("has:attachment");
        add_party_terms(analyser_, "from", doc.sender, names_[person % names_.size()], doc.terms);
        doc.size_bytes = static_cast<std::uint32_t>(doc.subject.size() + doc.body.size() +
                                                    (doc.has_attachment ? 40'000 : 300));
        return doc;
    }

    // A word by its rank: 0 is in half of the messages.
    const std::string& word(std::size_t rank, bool english = false) const {
        const auto& words = english ? english_ : russian_;
        return words[rank % words.size()];
    }
    std::size_t words() const { return russian_.size(); }

private:
    bool chance(unsigned one_in) { return random_() % one_in == 0; }

    void make_words() {
        static const char* first[] = {"по",
                                      "до",
                                      "пере",
                                      "за",
                                      "от",
                                      "вы",
                                      "при",
                                      "на",
                                      "со",
                                      "под",
                                      "из",
                                      "об",
                                      "раз",
                                      "у",
                                      "про",
                                      "вос"};
        static const char* second[] = {"став", "говор", "плат", "груз", "купк", "казч", "клад",
                                       "вод",  "прос",  "вет",  "счит", "пис",  "ход",  "воз",
                                       "мен",  "каз",   "рабо", "служ", "цен",  "дел",  "лож",
                                       "сыл",  "торг",  "рын",  "бор",  "крат"};
        static const char* third[] = {"",   "ов", "ик", "ок", "ан", "ер", "ит", "ел", "он", "ар",
                                      "ич", "уш", "яв", "ем", "ил", "од", "ум", "ис", "ак", "ур"};
        static const char* english_parts[] = {
            "con",  "tract", "pay", "ment", "de", "liver", "or",  "der", "in", "voice", "re",
            "turn", "sup",   "ply", "quo",  "ta", "ship",  "cus", "tom", "ac", "count"};
        std::size_t i = 0;
        while (russian_.size() < shape_.words) {
            std::string word =
                std::string(first[i % 16]) + second[(i / 16) % 26] + third[(i / 416) % 20];
            for (auto rest = i / 8320; rest > 0; rest /= 26) word += second[rest % 26];
            russian_.push_back(std::move(word));
            ++i;
        }
        std::shuffle(russian_.begin(), russian_.end(), std::mt19937(7));
        for (i = 0; english_.size() < shape_.words / 4; ++i)
            english_.push_back(std::string(english_parts[i % 21]) + english_parts[(i / 21) % 21] +
                               english_parts[(i / 441) % 21]);
        std::shuffle(english_.begin(), english_.end(), std::mt19937(8));
        for (i = 0; i < 900; ++i) {
            static const char* given[] = {
                "Анна", "Пётр", "Мария", "Иван", "Ольга", "Борис", "Елена", "Олег", "Нина"};
            static const char* family[] = {"Соколов",
                                           "Кузнецов",
                                           "Попов",
                                           "Лебедев",
                                           "Новиков",
                                           "Морозов",
                                           "Волков",
                                           "Зайцев",
                                           "Павлов",
                                           "Голубев"};
            names_.push_back(std::string(given[i % 9]) + " " + family[(i / 9) % 10]);
        }
    }

    // Zipf: rank r with a frequency of about 1 / (r + 2).
    std::size_t rank(std::size_t count) {
        const double u = static_cast<double>(random_()) / 4294967296.0;
        const auto r = std::exp(u * std::log(static_cast<double>(count) / 2.0 + 1.0)) * 2.0 - 2.0;
        return std::min(count - 1, static_cast<std::size_t>(r));
    }

    std::string form(std::size_t r) {
        static const char* endings[] = {"", "", "", "а", "у", "ом", "е", "ы", "ов", "ам", "ами"};
        return russian_[r] + endings[random_() % 11];
    }

    std::string sentence(bool english, std::size_t words) {
        std::string out;
        for (std::size_t i = 0; i < words; ++i) {
            if (i > 0) out += ' ';
            out += english ? english_[rank(english_.size())] : form(rank(russian_.size()));
        }
        return out;
    }

    std::string body(bool english, std::size_t words) {
        std::string out = english ? "Dear Sir, " : "Добрый день! ";
        while (words > 0) {
            const auto length = std::min<std::size_t>(words, 4 + random_() % 9);
            out += sentence(english, length);
            words -= length;
            if (chance(6)) out += ", счёт № " + std::to_string(random_() % 90000 + 10000) + "/24";
            if (chance(6))
                out += ", сумма " + std::to_string(random_() % 900 + 1) + " " +
                       std::to_string(random_() % 900 + 100) + ",50 руб";
            if (chance(15))
                out += ", тел. +7 (9" + std::to_string(random_() % 90 + 10) + ") " +
                       std::to_string(random_() % 900 + 100) + "-" +
                       std::to_string(random_() % 90 + 10) + "-" +
                       std::to_string(random_() % 90 + 10);
            out += chance(4) ? ".\n" : ". ";
        }
        return out;
    }

    Shape shape_;
    std::mt19937 random_;
    text::Analyser analyser_;
    std::vector<std::string> russian_;
    std::vector<std::string> english_;
    std::vector<std::string> names_;
    std::uint64_t seq_ = 0;
    std::int64_t micros_ = 1'420'070'400'000'000;
};

}  // namespace letopis::search
