// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/zone_lines.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "mime/ascii.hpp"
#include "mime/phrases.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t phrase_line_max = 400;  // no attribution and no separator is longer

// Phrases are written in small letters; Cyrillic ones are compared by their small forms too.
std::string small(std::string_view line) {
    std::string out(line.size(), '\0');
    char* to = out.data();
    for (std::size_t i = 0; i < line.size(); ++i) {
        const auto a = static_cast<unsigned char>(line[i]);
        if (a < 0x80) {
            *to++ = lower(line[i]);
            continue;
        }
        const unsigned b = i + 1 < line.size() ? static_cast<unsigned char>(line[i + 1]) : 0;
        if (a == 0xD0 && b >= 0x90 && b <= 0xAF) {  // А..Я
            const unsigned low = b + 0x20u;
            *to++ = static_cast<char>(low > 0xBF ? 0xD1 : 0xD0);
            *to++ = static_cast<char>(low > 0xBF ? low - 0x40 : low);
            ++i;
        } else if (a == 0xC2 && b == 0xA0) {
            *to++ = ' ';
            ++i;
        } else {
            *to++ = line[i];
        }
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
    return out;
}

template <std::size_t N>
bool contains_any(std::string_view text, const std::array<std::string_view, N>& phrases) {
    return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
        return text.find(phrase) != text.npos;
    });
}
template <std::size_t N>
bool starts_any(std::string_view text, const std::array<std::string_view, N>& phrases) {
    return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
        return !text.empty() && text[0] == phrase[0] && text.starts_with(phrase);
    });
}

std::string_view without(std::string_view line, std::string_view letters_to_drop) {
    const auto begin = line.find_first_not_of(letters_to_drop);
    if (begin == line.npos) return {};
    return line.substr(begin, line.find_last_not_of(letters_to_drop) - begin + 1);
}

bool any_digit(std::string_view line) { return std::any_of(line.begin(), line.end(), is_digit); }

}  // namespace

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> out;
    out.reserve(text.size() / 40 + 1);
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto whole = text.substr(at, end - at);
        Line line;
        line.begin = at;
        line.text = trim(whole);
        line.indented = !whole.empty() && is_space(whole.front());
        line.dashes = whole == "-- " || whole == "--" || whole == "\xC2\xA0--";
        out.push_back(line);
        at = end + 1;
    }
    return out;
}

std::size_t letters(std::string_view line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

bool is_quote(std::string_view line) {
    if (line.starts_with('>')) return !line.starts_with(">From ");
    if (line.starts_with("| ") || line == "|") return true;
    // "AB> text": initials before the sign.
    const auto sign = line.substr(0, 5).find('>');
    return sign != line.npos && sign >= 1 &&
           std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(sign), is_alpha) &&
           (line.size() == sign + 1 || line[sign + 1] == ' ' || line[sign + 1] == '>');
}

Separator separator_kind(std::string_view line) {
    if (line.size() > phrase_line_max || line.size() < 8) return Separator::none;
    static constexpr std::array<std::string_view, 5> starts = {"begin forwarded message",
                                                               "начало переадресованного сообщения",
                                                               "начало пересылаемого сообщения",
                                                               "anfang der weitergeleiteten",
                                                               "----forwarded"};
    const char first = line[0];
    if (first != '-' && first != '_' && first != '=' && first != '*' && line.size() > 80)
        return Separator::none;
    const bool ruled = first == '-' || first == '_' || first == '=' || first == '*';
    if (!ruled) {
        if (first != 'B' && first != 'A' && first != '\xD0') return Separator::none;
        return starts_any(small(line), starts) ? Separator::forward : Separator::none;
    }
    const auto inner = small(trim(without(line, "-_=* \t")));
    if (inner.empty()) {
        const bool rule = line.size() >= 20 && (first == '_' || first == '-');
        return rule ? Separator::rule : Separator::none;
    }
    static constexpr std::array<std::string_view, 10> forward = {"forwarded message",
                                                                 "пересылаемое сообщение",
                                                                 "пересланное сообщение",
                                                                 "перенаправленное сообщение",
                                                                 "переадресованное сообщение",
                                                                 "weitergeleitete nachricht",
                                                                 "message transféré",
                                                                 "mensaje reenviado",
                                                                 "forwarded by",
                                                                 "конец пересылаемого"};
    static constexpr std::array<std::string_view, 12> original = {"original message",
                                                                  "исходное сообщение",
                                                                  "оригинальное сообщение",
                                                                  "оригинал сообщения",
                                                                  "ursprüngliche nachricht",
                                                                  "original appointment",
                                                                  "message d'origine",
                                                                  "mensaje original",
                                                                  "messaggio originale",
                                                                  "oprindelig meddelelse",
                                                                  "reply message",
                                                                  "ответное сообщение"};
    if (starts_any(inner, forward)) return Separator::forward;
    return starts_any(inner, original) ? Separator::original : Separator::none;
}

HeaderField header_field(std::string_view line) {
    line = without(line, "* \t");
    const auto colon = line.substr(0, 40).find(':');
    if (colon == line.npos || colon < 2) return HeaderField::none;
    const auto name = small(trim(without(line.substr(0, colon), "* \t")));
    for (const std::string_view from :
         {"from", "от", "от кого", "von", "de", "отправитель", "da", "van", "fra", "från", "od"})
        if (name == from) return HeaderField::from;
    for (const std::string_view date : {"sent",
                                        "date",
                                        "дата",
                                        "отправлено",
                                        "gesendet",
                                        "datum",
                                        "envoyé",
                                        "enviado",
                                        "inviato",
                                        "fecha",
                                        "data"})
        if (name == date) return HeaderField::date;
    for (const std::string_view other :
         {"to",          "cc",       "bcc",          "subject",   "кому",       "копия",
          "тема",        "an",       "betreff",      "reply-to",  "ответить",   "à",
          "objet",       "para",     "asunto",       "copie à",   "importance", "важность",
          "attachments", "вложения", "organization", "priority",  "приоритет",  "newsgroups",
          "temat",       "do",       "oggetto",      "onderwerp", "aan",        "ämne",
          "till",        "til",      "emne"})
        if (name == other) return HeaderField::other;
    return HeaderField::none;
}

namespace {

constexpr std::array<std::string_view, 24> wrote = {
    " wrote",    " writes",  " said",      "wrote:",  "писал(а)", "писал:",
    "писала:",   " пишет",   "написал",    "пишет:",  "писали",   "schrieb",
    "a écrit",   "escribió", "ha scritto", "schreef", "skrev",    "napisał",
    "kirjoitti", "escreveu", "napsal",     "сообщил", "ответил",  "via twitter"};

}  // namespace

bool ends_attribution(std::string_view line) {
    if (line.size() < 4 || line.size() > phrase_line_max || !line.ends_with(':')) return false;
    const auto low = small(line);
    if (contains_any(low, wrote)) return true;
    // "12.12.2008, 10:15, "Анна" <a@b>:" and "… от Анна <a@b>:"
    return line.ends_with(">:") && line.find('@') != line.npos;
}

bool begins_attribution(std::string_view line) {
    static constexpr std::array<std::string_view, 12> starts = {
        "on ", "am ", "le ", "el ", "il ", "op ", "den ", "w dniu ", "em ", "dne ", "в ", "at "};
    const auto low = small(line.substr(0, 40));
    if (starts_any(low, starts)) return any_digit(line) || line.size() < 40;
    if (!any_digit(line)) return false;
    static constexpr std::array<std::string_view, 17> days = {"понедельник",
                                                              "вторник",
                                                              "среда",
                                                              "среду",
                                                              "четверг",
                                                              "пятниц",
                                                              "суббот",
                                                              "воскресенье",
                                                              "пн, ",
                                                              "вт, ",
                                                              "ср, ",
                                                              "чт, ",
                                                              "пт, ",
                                                              "сб, ",
                                                              "вс, ",
                                                              "mon, ",
                                                              "tue, "};
    if (starts_any(low, days)) return true;
    return is_digit(low.empty() ? ' ' : low[0]) &&
           (line.find(':') != line.npos || line.find('.') != line.npos);
}

bool names_writer(std::string_view line) {
    const auto low = small(line);
    if (low.find('@') != low.npos) return true;
    if (line.size() > 120) return false;
    return contains_any(low, wrote);
}

SignatureMark signature_mark(std::string_view line, bool dashes) {
    if (dashes) return SignatureMark::dashes;
    if (line.size() > 120 || line.size() < 2) return SignatureMark::none;
    if (line[0] == '_' && line.size() >= 30 && without(line, "_").empty())
        return SignatureMark::list_rule;
    if (line[0] == '-' && line.size() >= 3 && line.size() <= 4 && without(line, "-").empty())
        return SignatureMark::dashes;
    const auto low = small(without(line, "- *_"));
    if (low.empty()) return SignatureMark::none;
    static constexpr std::array<std::string_view, 22> device = {
        "sent from my ",    "sent via ",         "sent from ",     "sent using ",
        "get outlook for",  "отправлено с ",     "отправлено из ", "отправлено от ",
        "отправлено через", "von meinem ",       "gesendet mit",   "envoyé de mon",
        "enviado desde mi", "inviato da iphone", "written on my ", "yahoo! mail",
        "via mobile",       "sent by ",          "послано с ",     "outlook для ",
        "скачайте outlook", "диктовано"};
    if (starts_any(low, device)) return SignatureMark::device;
    static constexpr std::array<std::string_view, 45> closing = {"с уважением",
                                                                 "с наилучшими",
                                                                 "всего доброго",
                                                                 "всего наилучшего",
                                                                 "с искренним",
                                                                 "искренне ваш",
                                                                 "с почтением",
                                                                 "с приветом",
                                                                 "заранее спасибо",
                                                                 "заранее благодар",
                                                                 "до встречи",
                                                                 "best regards",
                                                                 "kind regards",
                                                                 "warm regards",
                                                                 "regards",
                                                                 "best wishes",
                                                                 "sincerely",
                                                                 "yours sincerely",
                                                                 "yours truly",
                                                                 "yours faithfully",
                                                                 "cheers",
                                                                 "thanks",
                                                                 "thank you",
                                                                 "many thanks",
                                                                 "thx",
                                                                 "warmly",
                                                                 "with respect",
                                                                 "cordially",
                                                                 "take care",
                                                                 "best,",
                                                                 "best.",
                                                                 "mit freundlichen",
                                                                 "viele grüße",
                                                                 "beste grüße",
                                                                 "liebe grüße",
                                                                 "mfg",
                                                                 "cordialement",
                                                                 "saludos",
                                                                 "hälsningar",
                                                                 "ciao",
                                                                 "спасибо,",
                                                                 "хорошего дня",
                                                                 "с ув.",
                                                                 "ваш менеджер",
                                                                 "ваша команда"};
    const auto phrase = std::find_if(
        closing.begin(), closing.end(), [&](std::string_view one) { return low.starts_with(one); });
    if (phrase == closing.end()) return SignatureMark::none;
    // A closing is a line of its own, perhaps with a name, not the begin of a sentence.
    const auto rest = std::string_view(low).substr(phrase->size());
    const auto words = std::count(rest.begin(), rest.end(), ' ');
    const bool sentence = words > 3 || letters(rest) > 30 || rest.find('?') != rest.npos;
    return sentence ? SignatureMark::none : SignatureMark::closing;
}

bool is_ruler(std::string_view line) { return line.size() >= 3 && without(line, "-_=*~").empty(); }

bool is_contact(std::string_view line) {
    if (line.size() > 200) return false;
    if (line.find('@') != line.npos || line.find("www.") != line.npos ||
        line.find("://") != line.npos)
        return true;
    static constexpr std::array<std::string_view, 16> starts = {"tel",
                                                                "phone",
                                                                "mob",
                                                                "cell",
                                                                "fax",
                                                                "skype",
                                                                "icq",
                                                                "t.",
                                                                "t:",
                                                                "f.",
                                                                "m:",
                                                                "тел",
                                                                "моб",
                                                                "факс",
                                                                "т.",
                                                                "раб"};
    const auto low = small(line);
    const auto digits = std::count_if(line.begin(), line.end(), is_digit);
    if (digits >= 5 && starts_any(low, starts)) return true;
    return digits >= 7 && digits * 3 >= static_cast<std::ptrdiff_t>(letters(line));
}

bool is_name(std::string_view line) {
    if (line.empty() || letters(line) > 40) return false;
    const auto words = std::count(line.begin(), line.end(), ' ');
    const char last = line.back();
    return words <= 4 && last != '?' && last != '!' && last != ':' && last != ';' &&
           !is_contact(line);
}

bool is_disclaimer(const std::vector<Line>& lines, std::size_t begin, std::size_t end) {
    constexpr std::size_t looked_at = 8000;
    static constexpr std::array<std::string_view, 22> words = {
        "confidential",
        "intended recipient",
        "intended solely",
        "intended only",
        "privileged",
        "addressee",
        "disclaimer",
        "received this",
        "unauthorized|unauthorised",
        "do not necessarily",
        "consider the environment",
        "viruses",
        "delete this|delete it",
        "конфиденциальн|Конфиденциальн|КОНФИДЕНЦИАЛЬН",
        "предназначен|Предназначен",
        "адресат|Адресат",
        "получили это|получили данное",
        "не является офертой",
        "vertraulich",
        "разглашен|Разглашен",
        "удалите|Удалите",
        "sole use"};
    static const Phrases phrases(words);
    // One view over the paragraph: its lines stand side by side in the text.
    const char* const first = lines[begin].text.data();
    const auto& last = lines[end - 1].text;
    const auto size = static_cast<std::size_t>(last.data() + last.size() - first);
    const auto found = phrases.in(std::string_view(first, std::min(size, looked_at)));
    return std::popcount(found) >= 2;
}

}  // namespace letopis::mime
