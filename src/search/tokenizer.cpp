// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/tokenizer.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>

namespace letopis::search {

namespace {

using TokenCallback = int (*)(void*, int, const char*, int, int, int);

int tokenizer_create(void* user, const char**, int, Fts5Tokenizer** out) {
    *out = static_cast<Fts5Tokenizer*>(user);  // the connection's FullText itself
    return SQLITE_OK;
}

void tokenizer_delete(Fts5Tokenizer*) {}

int take_verbatim(FullText& full, std::string_view in, void* context, TokenCallback token) {
    std::size_t at = 1;
    while (at < in.size()) {
        const auto end = std::min(in.find(verbatim, at), in.size());
        if (end > at) {
            ++full.positions;
            const int code = token(context,
                                   0,
                                   in.data() + at,
                                   static_cast<int>(end - at),
                                   static_cast<int>(at),
                                   static_cast<int>(end));
            if (code != SQLITE_OK) return code;
        }
        at = end + 1;
    }
    return SQLITE_OK;
}

int tokenize(
    Fts5Tokenizer* tokenizer, void* context, int, const char* text, int size, TokenCallback token) {
    auto& full = *reinterpret_cast<FullText*>(tokenizer);
    const std::string_view in(text == nullptr ? "" : text, static_cast<std::size_t>(size));
    if (in.empty()) return SQLITE_OK;
    if (in[0] == verbatim) return take_verbatim(full, in, context, token);
    int code = SQLITE_OK;
    full.analyser.analyse(in, text::Use::document, [&](const text::Token& t) {
        full.positions += !t.colocated;
        code = token(context,
                     t.colocated ? FTS5_TOKEN_COLOCATED : 0,
                     t.term.data(),
                     static_cast<int>(t.term.size()),
                     static_cast<int>(t.begin),
                     static_cast<int>(t.end));
        return code == SQLITE_OK;
    });
    return code;
}

int collect_row(const Fts5ExtensionApi* api, Fts5Context* fts, void* user) {
    auto& full = *static_cast<FullText*>(user);
    const auto row = static_cast<std::uint64_t>(api->xRowid(fts)) - 1;  // rowids begin at 1
    if (row >= full.last) return SQLITE_DONE;
    if (row >= full.first) full.rows->set(row);
    return SQLITE_OK;
}

// Runs once, on the first row that matches: asking FTS5 for each phrase in a loop of its own costs
// a fifth of stepping a statement over the rows.
void collect(
    const Fts5ExtensionApi* api, Fts5Context* fts, sqlite3_context* result, int, sqlite3_value**) {
    auto* full = static_cast<FullText*>(api->xUserData(fts));
    for (int phrase = 0; phrase < api->xPhraseCount(fts); ++phrase) {
        const int code = api->xQueryPhrase(fts, phrase, full, collect_row);
        if (code != SQLITE_OK) {
            sqlite3_result_error_code(result, code);
            return;
        }
    }
    sqlite3_result_int(result, 1);
}

constexpr std::uint64_t counted_rows_max = 200'000;

int count_row(const Fts5ExtensionApi*, Fts5Context*, void* user) {
    return ++*static_cast<std::uint64_t*>(user) < counted_rows_max ? SQLITE_OK : SQLITE_DONE;
}

// Rare words weigh more. With one phrase there is nothing to weigh.
int make_weights(const Fts5ExtensionApi* api, Fts5Context* fts, FullText& full) {
    const int phrases = api->xPhraseCount(fts);
    for (int phrase = 0; phrase < phrases; ++phrase) {
        std::uint64_t rows = 1;
        if (phrases > 1) {
            rows = 0;
            const int code = api->xQueryPhrase(fts, phrase, &rows, count_row);
            if (code != SQLITE_OK) return code;
        }
        const auto n = static_cast<double>(rows);
        full.weights.push_back(std::log(1.0 + full.total_rows / (n + 0.5)));
    }
    return SQLITE_OK;
}

// Occurrences, saturating and set against the length (as BM25 does it); a word of the subject
// counts five times, a filter term not at all.
double phrase_score(const Fts5ExtensionApi* api, Fts5Context* fts, int phrase, double length) {
    static constexpr double column_weight[] = {1.0, 5.0, 0.6, 0.0};
    double found = 0;
    Fts5PhraseIter iter;
    int column = -1;
    int offset = -1;
    if (api->xPhraseFirst(fts, phrase, &iter, &column, &offset) != SQLITE_OK) return 0;
    int seen = 0;
    for (; column >= 0 && seen < 50; api->xPhraseNext(fts, &iter, &column, &offset), ++seen)
        found += column_weight[std::min(column, 3)];
    return found * 2.2 / (found + 1.2 * (0.25 + 0.75 * length));
}

void score(
    const Fts5ExtensionApi* api, Fts5Context* fts, sqlite3_context* result, int, sqlite3_value**) {
    auto& full = *static_cast<FullText*>(api->xUserData(fts));
    const auto row = static_cast<std::uint64_t>(api->xRowid(fts)) - 1;  // rowids begin at 1
    if (row >= full.ranked->rows() || !full.ranked->test(row)) return;  // NULL
    if (full.weights.empty()) {
        if (const int code = make_weights(api, fts, full); code != SQLITE_OK) {
            sqlite3_result_error_code(result, code);
            return;
        }
    }
    const double length =
        row < full.lengths->size() ? (*full.lengths)[row] / full.mean_length : 1.0;
    double total = 0;
    for (int phrase = 0; phrase < api->xPhraseCount(fts); ++phrase)
        total +=
            full.weights[static_cast<std::size_t>(phrase)] * phrase_score(api, fts, phrase, length);
    sqlite3_result_double(result, total);
}

Result<fts5_api*> api_of(sql::Database& db) {
    fts5_api* api = nullptr;
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db.handle(), "SELECT fts5(?1)", -1, &statement, nullptr);
    if (code == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
        sqlite3_step(statement);
        code = sqlite3_finalize(statement);
    }
    if (code != SQLITE_OK || api == nullptr)
        return tl::unexpected<Error>(sql::error_of(db.handle(), code, "FTS5 is not there"));
    return api;
}

}  // namespace

std::string quoted(const std::vector<std::string>& terms) {
    std::string out = "\"";
    for (const auto& term : terms) {
        out.push_back(verbatim);
        for (const char c : term) {
            if (c == '"') out.push_back('"');
            out.push_back(c == verbatim || c == '\0' ? ' ' : c);
        }
    }
    return out + "\"";
}

std::string word_beginning(const std::string& letters) {
    return "{body subject attach} : " + quoted({letters}) + " *";
}

Result<void> FullText::attach(sql::Database& db) {
    TRY(auto* api, api_of(db));
    fts5_tokenizer functions{tokenizer_create, tokenizer_delete, tokenize};
    int code = api->xCreateTokenizer(api, "letopis", this, &functions, nullptr);
    if (code == SQLITE_OK)
        code = api->xCreateFunction(api, "letopis_collect", this, collect, nullptr);
    if (code == SQLITE_OK) code = api->xCreateFunction(api, "letopis_score", this, score, nullptr);
    if (code != SQLITE_OK)
        return tl::unexpected<Error>(sql::error_of(db.handle(), code, "cannot set up FTS5"));
    return {};
}

}  // namespace letopis::search
