// SPDX-License-Identifier: AGPL-3.0-or-later
// The same keys in the other keyboard layout: US QWERTY and Russian ЙЦУКЕН.
#include <array>

#include "text/analyser.hpp"
#include "text/chars.hpp"

namespace letopis::text {

namespace {

struct Key {
    char latin;
    std::uint32_t russian;
};

constexpr std::array<Key, 66> keys = {{
    {'q', 0x439}, {'w', 0x446}, {'e', 0x443}, {'r', 0x43a}, {'t', 0x435},  {'y', 0x43d},
    {'u', 0x433}, {'i', 0x448}, {'o', 0x449}, {'p', 0x437}, {'[', 0x445},  {']', 0x44a},
    {'a', 0x444}, {'s', 0x44b}, {'d', 0x432}, {'f', 0x430}, {'g', 0x43f},  {'h', 0x440},
    {'j', 0x43e}, {'k', 0x43b}, {'l', 0x434}, {';', 0x436}, {'\'', 0x44d}, {'z', 0x44f},
    {'x', 0x447}, {'c', 0x441}, {'v', 0x43c}, {'b', 0x438}, {'n', 0x442},  {'m', 0x44c},
    {',', 0x431}, {'.', 0x44e}, {'`', 0x451}, {'Q', 0x419}, {'W', 0x426},  {'E', 0x423},
    {'R', 0x41a}, {'T', 0x415}, {'Y', 0x41d}, {'U', 0x413}, {'I', 0x428},  {'O', 0x429},
    {'P', 0x417}, {'{', 0x425}, {'}', 0x42a}, {'A', 0x424}, {'S', 0x42b},  {'D', 0x412},
    {'F', 0x410}, {'G', 0x41f}, {'H', 0x420}, {'J', 0x41e}, {'K', 0x41b},  {'L', 0x414},
    {':', 0x416}, {'"', 0x42d}, {'Z', 0x42f}, {'X', 0x427}, {'C', 0x421},  {'V', 0x41c},
    {'B', 0x418}, {'N', 0x422}, {'M', 0x42c}, {'<', 0x411}, {'>', 0x42e},  {'~', 0x401},
}};

bool is_letter(std::uint32_t code) {
    return classify(code) == CharClass::latin || classify(code) == CharClass::cyrillic;
}

}  // namespace

std::string other_layout(std::string_view text) {
    std::size_t latin = 0;
    std::size_t russian = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = decode(text, i);
        latin += classify(c.code) == CharClass::latin;
        russian += classify(c.code) == CharClass::cyrillic;
        i += c.length;
    }
    const bool to_russian = latin >= russian && latin > 0;
    std::string out;
    bool changed = false;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = decode(text, i);
        const auto* found = &*keys.begin();
        for (; found != &*keys.begin() + keys.size(); ++found)
            if (to_russian ? c.code == static_cast<std::uint32_t>(found->latin)
                           : c.code == found->russian)
                break;
        const bool known = c.valid && found != &*keys.begin() + keys.size();
        if (known)
            append_utf8(out,
                        to_russian ? found->russian : static_cast<std::uint32_t>(found->latin));
        else
            out.append(text, i, c.length);
        changed |= known && is_letter(c.code);
        i += c.length;
    }
    return changed ? out : std::string();
}

}  // namespace letopis::text
