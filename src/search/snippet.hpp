// SPDX-License-Identifier: AGPL-3.0-or-later
// The place in a text where it was said, with the found words marked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/analyser.hpp"
#include "text/query.hpp"

namespace letopis::search {

struct SnippetOptions {
    std::size_t max_chars = 200;
    std::string open = "[";
    std::string close = "]";
    bool html = false;  // escape < > & " ' of the text itself
};

struct Range {
    std::uint32_t begin = 0;  // bytes
    std::uint32_t end = 0;
};

// Every word of the text that the query finds (any form of договор for договор), ascending, not
// overlapping. What the query excludes is not marked.
std::vector<Range> matches(text::Analyser& analyser,
                           const text::Node& query,
                           std::string_view text);

// The window with the most different words of the query, on one line, … where it is cut. The
// beginning of the text when nothing of the query is in it.
std::string snippet(text::Analyser& analyser,
                    const text::Node& query,
                    std::string_view text,
                    const SnippetOptions& options);

struct Snippet {
    std::string text;
    std::string in;  // "body", "subject" or "attachment": where the words are
};

// Snippets of many messages for one query, whose words are analysed once.
class Snippets {
public:
    Snippets(text::Analyser& analyser, const text::Node& query, SnippetOptions options);
    ~Snippets();
    // The best of the three: the body unless the words are only elsewhere.
    Snippet best(std::string_view subject,
                 std::string_view body,
                 std::string_view attachments = {});

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace letopis::search
