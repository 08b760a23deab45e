// SPDX-License-Identifier: AGPL-3.0-or-later
// Which words are these? UTF-8 in, normalised search terms out; used by the index, the queries, the
// highlights and the rules. Pure and deterministic; `analyser_version` is stored with each index
// shard and changes whenever any term changes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace letopis::text {

constexpr int analyser_version = 2;
constexpr std::size_t term_bytes_max = 64;  // longer terms are cut at a character border

struct Token {
    std::string_view term;  // normalised (NFKC, lower case, ё as е, stemmed where it is a word);
                            // lives until the next token
    std::uint32_t begin = 0;  // where its source stands in the input, bytes
    std::uint32_t end = 0;
    bool colocated = false;  // at the same position as the token before it (a part or another form
                             // of it: FTS5_TOKEN_COLOCATED)
};

enum class Use : std::uint8_t {
    document,  // every term: whole tokens and their parts
    query,     // only what a search for this text must match (whole tokens; a part is not required)
};

// Not thread-safe (keeps stemmer state and buffers); make one per thread. Any bytes are accepted;
// bad UTF-8 separates words.
class Analyser {
public:
    Analyser();
    ~Analyser();
    Analyser(Analyser&&) noexcept;
    // Calls emit for every token in order of position; stops when emit returns false.
    template <class Emit>
    void analyse(std::string_view utf8, Use use, Emit&& emit) {
        auto forward = [&](const Token& token) { return static_cast<bool>(emit(token)); };
        run(utf8, use, &forward, [](void* context, const Token& token) {
            return (*static_cast<decltype(forward)*>(context))(token);
        });
    }
    // One word to its term, as in a document: "договорами" -> "договор".
    std::string term(std::string_view word);
    // Terms of words that begin so, where the term itself does not: of "договорам" "договор", of
    // "урок" "урк". With the terms that do, this is what `урок*` asks for.
    std::vector<std::string> terms_of_beginning(std::string_view beginning);

private:
    using Callback = bool (*)(void* context, const Token& token);
    void run(std::string_view utf8, Use use, void* context, Callback emit);
    struct State;
    std::unique_ptr<State> state_;
};

// Lower case, NFKC, ё as е; no stemming: what ="exactly as written" compares.
std::string fold(std::string_view utf8);
// True when all of it is valid UTF-8.
bool valid_utf8(std::string_view bytes);
// The text with every bad sequence replaced by U+FFFD.
std::string repaired_utf8(std::string_view bytes);
// "ghbdtn" -> "привет" and back: what the same keys give in the other keyboard layout; empty when
// nothing changes.
std::string other_layout(std::string_view text);

}  // namespace letopis::text
