// SPDX-License-Identifier: AGPL-3.0-or-later
#include "text/vowels.hpp"

#include <algorithm>

namespace letopis::text {

namespace {

struct Known {
    std::string_view word;
    std::string_view stem;  // of its other forms
};

// Words whose vowel the rule below does not see, in the order of their bytes. A rule for them would
// unite strangers (степень, степной; сторона, сторно).
constexpr Known known[] = {
    {"актуален", "актуальн"},
    {"басен", "басн"},
    {"башен", "башн"},
    {"бедер", "бедр"},
    {"безопасен", "безопасн"},
    {"бесплатен", "бесплатн"},
    {"бобер", "бобр"},
    {"боен", "бойн"},
    {"болен", "больн"},
    {"бревен", "бревн"},
    {"важен", "важн"},
    {"вафель", "вафл"},
    {"ведер", "ведр"},
    {"верен", "верн"},
    {"ветер", "ветр"},
    {"виден", "видн"},
    {"виновен", "виновн"},
    {"вишен", "вишн"},
    {"возможен", "возможн"},
    {"волокон", "волокн"},
    {"выгоден", "выгодн"},
    {"вымысел", "вымысл"},
    {"вычел", "вычл"},
    {"годен", "годн"},
    {"гребень", "гребн"},
    {"гривен", "гривн"},
    {"деготь", "дегт"},
    {"денег", "деньг"},
    {"день", "дн"},
    {"деревень", "деревн"},
    {"дне", "дн"},
    {"дней", "дн"},
    {"днем", "дн"},
    {"дни", "дн"},
    {"дню", "дн"},
    {"дня", "дн"},
    {"дням", "дн"},
    {"днями", "дн"},
    {"днях", "дн"},
    {"доволен", "довольн"},
    {"должен", "должн"},
    {"доступен", "доступн"},
    {"дятел", "дятл"},
    {"заем", "займ"},
    {"замысел", "замысл"},
    {"земель", "земл"},
    {"зерен", "зерн"},
    {"известен", "известн"},
    {"интересен", "интересн"},
    {"исправен", "исправн"},
    {"камень", "камн"},
    {"капель", "капл"},
    {"ковер", "ковр"},
    {"коготь", "когт"},
    {"козел", "козл"},
    {"колоколен", "колокольн"},
    {"конюшен", "конюшн"},
    {"корень", "корн"},
    {"костер", "костр"},
    {"котел", "котл"},
    {"кресел", "кресл"},
    {"кукол", "кукл"},
    {"кухонь", "кухн"},
    {"ливень", "ливн"},
    {"локоть", "локт"},
    {"любовь", "любв"},
    {"масел", "масл"},
    {"медсестер", "медсестр"},
    {"надежен", "надежн"},
    {"наем", "найм"},
    {"неактуален", "неактуальн"},
    {"неважен", "неважн"},
    {"неверен", "неверн"},
    {"невозможен", "невозможн"},
    {"невыгоден", "невыгодн"},
    {"недоволен", "недовольн"},
    {"недоступен", "недоступн"},
    {"неизвестен", "неизвестн"},
    {"неисправен", "неисправн"},
    {"неправилен", "неправильн"},
    {"нереален", "нереальн"},
    {"неудобен", "неудобн"},
    {"ноготь", "ногт"},
    {"нормален", "нормальн"},
    {"нужен", "нужн"},
    {"огонь", "огн"},
    {"окон", "окн"},
    {"опасен", "опасн"},
    {"оптимален", "оптимальн"},
    {"орел", "орл"},
    {"осел", "осл"},
    {"павел", "павл"},
    {"парень", "парн"},
    {"пекарен", "пекарн"},
    {"пепел", "пепл"},
    {"перечень", "перечн"},
    {"перстень", "перстн"},
    {"песен", "песн"},
    {"петель", "петл"},
    {"писем", "письм"},
    {"плетень", "плетн"},
    {"подробен", "подробн"},
    {"полдень", "полдн"},
    {"полезен", "полезн"},
    {"полон", "полн"},
    {"полотен", "полотн"},
    {"помысел", "помысл"},
    {"понятен", "понятн"},
    {"поручень", "поручн"},
    {"правилен", "правильн"},
    {"предпочел", "предпочл"},
    {"пригоден", "пригодн"},
    {"приятен", "приятн"},
    {"промысел", "промысл"},
    {"прочел", "прочл"},
    {"пятен", "пятн"},
    {"равен", "равн"},
    {"реален", "реальн"},
    {"ребер", "ребр"},
    {"ремень", "ремн"},
    {"ремесел", "ремесл"},
    {"русел", "русл"},
    {"сабель", "сабл"},
    {"свадеб", "свадьб"},
    {"свободен", "свободн"},
    {"седел", "седл"},
    {"серег", "серьг"},
    {"серьезен", "серьезн"},
    {"сестер", "сестр"},
    {"согласен", "согласн"},
    {"сосен", "сосн"},
    {"сотен", "сотн"},
    {"спален", "спальн"},
    {"способен", "способн"},
    {"срочен", "срочн"},
    {"ставень", "ставн"},
    {"стебель", "стебл"},
    {"стекол", "стекл"},
    {"стержень", "стержн"},
    {"судеб", "судьб"},
    {"таможен", "таможн"},
    {"точен", "точн"},
    {"туфель", "туфл"},
    {"тюрем", "тюрьм"},
    {"угол", "угл"},
    {"уголь", "угл"},
    {"удобен", "удобн"},
    {"узел", "узл"},
    {"умысел", "умысл"},
    {"уровень", "уровн"},
    {"усадеб", "усадьб"},
    {"учел", "учл"},
    {"хохол", "хохл"},
    {"цапель", "цапл"},
    {"церковь", "церкв"},
    {"часовен", "часовн"},
    {"черешен", "черешн"},
    {"честен", "честн"},
    {"чехол", "чехл"},
    {"чисел", "числ"},
    {"шатер", "шатр"},
    {"шестерен", "шестерн"},
    {"щебень", "щебн"},
    {"щегол", "щегл"},
    {"эффективен", "эффективн"},
    {"ядер", "ядр"},
    {"яиц", "яйц"},
};
static_assert(std::ranges::is_sorted(known, {}, &Known::word));

constexpr std::string_view vowels[] = {"а", "е", "и", "о", "у", "ы", "э", "ю", "я"};
constexpr std::string_view hushing[] = {"ж", "ц", "ч", "ш", "щ"};
constexpr std::string_view no_consonant[] = {"й", "ъ", "ь"};
constexpr std::string_view kept[] = {"волок", "жесток", "толок"};  // волк, жёсткий and толк differ

template <std::size_t n>
bool is_one_of(const std::string_view (&list)[n], std::string_view letter) {
    return std::find(std::begin(list), std::end(list), letter) != std::end(list);
}

std::string_view known_stem(std::string_view word) {
    const auto* found = std::ranges::lower_bound(known, word, {}, &Known::word);
    return found != std::end(known) && found->word == word ? found->stem : std::string_view();
}

// What stands in the place of the vowel before the last letter when it goes: nothing, ь or й.
// nullopt: it stays. A letter of the Russian alphabet is two bytes.
std::optional<std::string_view> left_behind(std::string_view stem) {
    if (stem.size() < 8 || is_one_of(kept, stem)) return std::nullopt;
    const auto before = stem.substr(stem.size() - 6, 2);
    const auto vowel = stem.substr(stem.size() - 4, 2);
    const auto last = stem.substr(stem.size() - 2);
    if (is_one_of(no_consonant, before)) return std::nullopt;
    const bool after_vowel = is_one_of(vowels, before);
    if (vowel == "о" && last == "к" && !after_vowel) return "";  // скидок, рынок
    if (vowel != "е") return std::nullopt;
    if (last == "ц" || last == "к") {
        if (after_vowel) return "й";                       // боец, копеек
        if (last == "ц") return before == "л" ? "ь" : "";  // владелец; отец
        return is_one_of(hushing, before) ? "" : "ь";      // точек; кошелёк
    }
    if (last == "л" && before == "ш") return "";  // пришёл
    return std::nullopt;
}

}  // namespace

std::string_view steady_stem(std::string_view word, std::string_view stem, std::string& buffer) {
    if (const auto found = known_stem(word); !found.empty()) return found;
    const auto instead = left_behind(stem);
    if (!instead) return stem;
    buffer.assign(stem.substr(0, stem.size() - 4));
    buffer += *instead;
    buffer += stem.substr(stem.size() - 2);
    return buffer;
}

std::vector<std::string> steady_stems_of(std::string_view beginning) {
    std::vector<std::string> stems;
    const auto add = [&](std::string_view stem) {
        if (!stem.starts_with(beginning)) stems.emplace_back(stem);
    };
    std::string buffer;
    for (const auto* rest : {"", "к", "ц", "л"}) {
        const auto whole = std::string(beginning) + rest;
        if (left_behind(whole)) add(steady_stem({}, whole, buffer));
    }
    for (const auto& [word, stem] : known)
        if (word.starts_with(beginning)) add(stem);
    std::ranges::sort(stems);
    stems.erase(std::unique(stems.begin(), stems.end()), stems.end());
    return stems;
}

}  // namespace letopis::text
