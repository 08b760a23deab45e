// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/cyrillic.hpp"

#include <unicode/ucnv.h>

#include <algorithm>
#include <cstdlib>

namespace letopis::mime {
namespace {

constexpr int high_bytes_looked_at = 4000;

// Row: first letter, column: second, both а..я (ё counted as е). A digit is the rounded
// log2(share of the pair) + 15, cut to 0..9; counted over 700,000 pairs of Russian prose.
constexpr std::array<std::string_view, 32> pairs = {
    "16756667367879257783354654000166", "80201800602614706306020005370004",
    "81103804704526835755010340073004", "60005400502503806005000000000000",
    "80502830704516725436012110055004", "36677656266879459882354555000032",
    "50005700603006100004000200001000", "84535520503446534004000000053004",
    "45756747667877446780165653000056", "00003004002104100540301320000000",
    "80400612701504907467003000000000", "81041840804404802526000200058066",
    "73000700702436841306000000062004", "93134901908207922566304302076036",
    "28888776577888568881443753000235", "60000700602502938125000000032013",
    "97444840804155932467221230064025", "67603700708756764695131420147027",
    "84704800805326937616001200168014", "25456464025554055660040654000061",
    "50000400500200502012400000000000", "50200100300203703103000000000000",
    "40200500601000200003000000030000", "60000700704105100074000020003000",
    "50000600604404400023000000004000", "40000600500001000002000000002000",
    "00000200000000000000000000000002", "03523611063663033550060240000001",
    "02030403105046000630232240000044", "00000000004211001160000000000000",
    "04014000001110002350000304000010", "02424434013544012460032303000032",
};

// Classes 0..31 are small letters, 32..63 capitals.
enum : std::uint8_t { latin = 64, plain = 65, typographic = 66, other_letter = 67, strange = 68 };

std::uint8_t class_of(char16_t c) {
    if (c >= u'а' && c <= u'я') return static_cast<std::uint8_t>(c - u'а');
    if (c >= u'А' && c <= u'Я') return static_cast<std::uint8_t>(c - u'А' + 32);
    if (c == u'ё') return 5;
    if (c == u'Ё') return 37;
    if (c < 128) {
        const bool letter = (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z');
        return letter ? latin : plain;
    }
    if (c >= 0x400 && c < 0x460) return other_letter;  // Ukrainian, Belarusian, Serbian
    constexpr std::u16string_view usual = u"\u00A0«»№—–…“”„‘’•©®°±§";
    return usual.find(c) != usual.npos ? typographic : strange;
}

struct Tables {
    std::array<std::array<char16_t, 128>, cyrillic_count> letters{};
    std::array<std::array<std::uint8_t, 256>, cyrillic_count> classes{};
    Tables() {
        for (std::size_t i = 0; i < cyrillic_count; ++i) fill(i);
    }
    void fill(std::size_t index) {
        UErrorCode error = U_ZERO_ERROR;
        UConverter* converter = ucnv_open(name(static_cast<Cyrillic>(index)).data(), &error);
        for (int byte = 0; byte < 256; ++byte) {
            char16_t out[4] = {0xFFFD, 0, 0, 0};
            const char in = static_cast<char>(byte);
            if (U_SUCCESS(error)) {
                UErrorCode one = U_ZERO_ERROR;
                ucnv_toUChars(converter, out, 4, &in, 1, &one);
            }
            if (byte >= 128) letters[index][static_cast<std::size_t>(byte - 128)] = out[0];
            classes[index][static_cast<std::size_t>(byte)] =
                byte < 128 ? class_of(static_cast<char16_t>(byte)) : class_of(out[0]);
        }
        if (converter) ucnv_close(converter);
    }
};

const Tables& tables() {
    static const Tables built;
    return built;
}

double score_pair(std::uint8_t before, std::uint8_t now) {
    if (now == strange) return -6;
    if (now == other_letter) return -1;
    if (now >= latin) return 0;
    const bool capital = now >= 32;
    if (before == latin) return -3;
    if (before == strange || before == other_letter) return -0.5;
    if (before >= latin) return 0.5;  // first letter of a word
    if (capital && before < 32) return -6;
    const auto row = static_cast<std::size_t>(before % 32);
    const auto column = static_cast<std::size_t>(now % 32);
    const double common = (pairs[row][column] - '0') - 4.0;
    return capital ? common - 1.5 : common;
}

}  // namespace

std::string_view name(Cyrillic charset) {
    switch (charset) {
        case Cyrillic::windows_1251: return "windows-1251";
        case Cyrillic::koi8_r: return "KOI8-R";
        case Cyrillic::ibm866: return "IBM866";
        case Cyrillic::x_mac_cyrillic: return "x-mac-cyrillic";
        case Cyrillic::iso_8859_5: return "ISO-8859-5";
    }
    std::abort();
}

const std::array<char16_t, 128>& high_half(Cyrillic charset) {
    return tables().letters[static_cast<std::size_t>(charset)];
}

CyrillicGuess guess_cyrillic(std::string_view bytes) {
    CyrillicGuess guess;
    std::array<std::uint8_t, cyrillic_count> before;
    before.fill(plain);
    const auto& classes = tables().classes;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        for (std::size_t i = 0; i < cyrillic_count; ++i) {
            const auto now = classes[i][byte];
            if (byte >= 128) {
                guess.score[i] += score_pair(before[i], now);
                if (now == strange || now == other_letter) ++guess.strange[i];
            }
            if (byte < 128 && now == latin && before[i] < 64) guess.score[i] -= 3;
            before[i] = now;
        }
        if (byte >= 128 && ++guess.high == high_bytes_looked_at) break;
    }
    if (guess.high == 0) return guess;
    for (auto& score : guess.score) score /= guess.high;
    const auto best = std::max_element(guess.score.begin(), guess.score.end());
    guess.best = static_cast<Cyrillic>(best - guess.score.begin());
    return guess;
}

}  // namespace letopis::mime
