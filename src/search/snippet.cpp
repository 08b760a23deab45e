// SPDX-License-Identifier: AGPL-3.0-or-later
#include "search/snippet.hpp"

#include <algorithm>
#include <set>

namespace letopis::search {

using text::Node;
using Kind = text::Node::Kind;

namespace {

constexpr std::size_t text_bytes_max = std::size_t(1) << 20;
constexpr std::size_t matches_max = 2000;

// One thing that the query looks for in the text: the terms of a word or of a phrase in order, or
// the beginning of a word.
struct Wanted {
    std::vector<std::string> terms;
    std::string beginning;
};

struct Found {
    Range range;
    std::size_t wanted;  // which
};

void collect(text::Analyser& analyser, const Node& node, std::vector<Wanted>& out) {
    if (node.kind == Kind::without) return;
    Wanted wanted;
    if (node.kind == Kind::prefix) wanted.beginning = text::fold(node.text);
    if (node.kind == Kind::word || node.kind == Kind::phrase || node.kind == Kind::exact)
        analyser.analyse(node.text, text::Use::query, [&](const text::Token& token) {
            wanted.terms.emplace_back(token.term);
            return true;
        });
    if (!wanted.terms.empty() || !wanted.beginning.empty()) out.push_back(std::move(wanted));
    for (const auto& child : node.children) collect(analyser, *child, out);
}

// Follows every phrase while the tokens of the text go by.
class Finder {
public:
    Finder(const std::vector<Wanted>& wanted, std::string_view text)
        : wanted_(wanted), text_(text), open_(wanted.size()), next_(wanted.size()) {}

    bool take(const text::Token& token) {
        if (!token.colocated) {
            open_.swap(next_);
            for (auto& partials : next_) partials.clear();
        }
        for (std::size_t i = 0; i < wanted_.size(); ++i) check(i, token);
        return found_.size() < matches_max;
    }
    std::vector<Found> found() && { return std::move(found_); }

private:
    // A phrase that has come so far.
    struct Partial {
        std::size_t terms = 0;
        std::vector<Range> words;
    };

    void check(std::size_t i, const text::Token& token) {
        const auto& wanted = wanted_[i];
        const Range range{token.begin, token.end};
        if (!wanted.beginning.empty()) {
            const auto word = text::fold(text_.substr(token.begin, token.end - token.begin));
            if (word.starts_with(wanted.beginning)) found_.push_back({range, i});
            return;
        }
        if (token.term == wanted.terms[0]) advance(i, {}, range);
        for (const auto& partial : open_[i])
            if (token.term == wanted.terms[partial.terms]) advance(i, partial, range);
    }

    void advance(std::size_t i, Partial partial, Range range) {
        ++partial.terms;
        partial.words.push_back(range);
        if (partial.terms < wanted_[i].terms.size()) {
            if (next_[i].size() < 8) next_[i].push_back(std::move(partial));
            return;
        }
        for (const auto& word : partial.words) found_.push_back({word, i});
    }

    const std::vector<Wanted>& wanted_;
    std::string_view text_;
    std::vector<std::vector<Partial>> open_;
    std::vector<std::vector<Partial>> next_;
    std::vector<Found> found_;
};

std::vector<Found> find(text::Analyser& analyser,
                        const std::vector<Wanted>& wanted,
                        std::string_view text) {
    if (wanted.empty()) return {};
    Finder finder(wanted, text);
    analyser.analyse(text.substr(0, text_bytes_max), text::Use::document, [&](const auto& token) {
        return finder.take(token);
    });
    auto found = std::move(finder).found();
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
        return a.range.begin != b.range.begin ? a.range.begin < b.range.begin
                                              : a.range.end > b.range.end;
    });
    return found;
}

std::vector<Found> find(text::Analyser& analyser, const Node& query, std::string_view text) {
    std::vector<Wanted> wanted;
    collect(analyser, query, wanted);
    return find(analyser, wanted, text);
}

std::vector<Range> merged(const std::vector<Found>& found) {
    std::vector<Range> ranges;
    for (const auto& [range, wanted] : found) {
        if (!ranges.empty() && range.begin < ranges.back().end)
            ranges.back().end = std::max(ranges.back().end, range.end);
        else
            ranges.push_back(range);
    }
    return ranges;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
bool blank(char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }

// Bytes from `begin` that make at most `chars` characters.
std::size_t advance(std::string_view text, std::size_t begin, std::size_t chars) {
    auto at = begin;
    for (; at < text.size(); ++at) {
        if (continues(text[at])) continue;
        if (chars-- == 0) break;
    }
    return at;
}

std::size_t retreat(std::string_view text, std::size_t begin, std::size_t chars) {
    auto at = begin;
    while (at > 0 && chars > 0) {
        --at;
        while (at > 0 && continues(text[at])) --at;
        --chars;
    }
    return at;
}

// The start of the window of `chars` characters with the most different things found.
std::size_t best_window(std::string_view text, const std::vector<Found>& found, std::size_t chars) {
    std::size_t best = 0;
    std::size_t best_different = 0;
    std::size_t best_count = 0;
    std::size_t last_end = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto end = advance(text, found[i].range.begin, chars);
        // Every window that ends where the one before it did has no more in it.
        if (end == last_end && i > 0 && end == text.size()) break;
        last_end = end;
        std::set<std::size_t> different;
        std::size_t count = 0;
        for (auto k = i; k < found.size() && found[k].range.end <= end; ++k, ++count)
            different.insert(found[k].wanted);
        if (different.size() > best_different ||
            (different.size() == best_different && count > best_count + 2)) {
            best = found[i].range.begin;
            best_different = different.size();
            best_count = count;
        }
    }
    return best;
}

struct Window {
    std::size_t begin = 0;
    std::size_t end = 0;
};

Window window(std::string_view text, const std::vector<Found>& found, std::size_t chars) {
    Window w;
    if (!found.empty()) {
        const auto first = best_window(text, found, chars * 3 / 4);
        w.begin = retreat(text, first, chars / 4);
        // Not from the middle of a word.
        while (w.begin > 0 && w.begin < first && !blank(text[w.begin - 1])) ++w.begin;
        if (advance(text, 0, chars) >= text.size()) w.begin = 0;
    }
    while (w.begin < text.size() && continues(text[w.begin])) ++w.begin;
    w.end = advance(text, w.begin, chars);
    if (w.end < text.size()) {
        auto end = w.end;
        while (end > w.begin && !blank(text[end])) --end;
        if (end > w.begin + (w.end - w.begin) / 2) w.end = end;
    }
    return w;
}

void append_escaped(std::string& out, char c, bool html) {
    if (!html) {
        out.push_back(c);
        return;
    }
    switch (c) {
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '&': out += "&amp;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out.push_back(c); break;
    }
}

std::string rendered(std::string_view text,
                     Window w,
                     const std::vector<Range>& ranges,
                     const SnippetOptions& options) {
    std::string out = w.begin > 0 ? "… " : "";
    auto range =
        std::find_if(ranges.begin(), ranges.end(), [&](const Range& r) { return r.end > w.begin; });
    bool marked = false;
    for (auto i = w.begin; i < w.end; ++i) {
        if (marked && i >= range->end) {
            out += options.close;
            marked = false;
            ++range;
        }
        if (!marked && range != ranges.end() && i >= range->begin) {
            out += options.open;
            marked = true;
        }
        if (!blank(text[i]))
            append_escaped(out, text[i], options.html);
        else if (!out.empty() && !out.ends_with(' '))
            out.push_back(' ');
    }
    if (marked) out += options.close;
    while (out.ends_with(' ')) out.pop_back();
    if (w.end < text.size()) out += " …";
    return out;
}

}  // namespace

std::vector<Range> matches(text::Analyser& analyser, const Node& query, std::string_view text) {
    return merged(find(analyser, query, text));
}

std::string snippet(text::Analyser& analyser,
                    const Node& query,
                    std::string_view text,
                    const SnippetOptions& options) {
    const auto found = find(analyser, query, text);
    return rendered(text, window(text, found, options.max_chars), merged(found), options);
}

struct Snippets::State {
    text::Analyser& analyser;
    SnippetOptions options;
    std::vector<Wanted> wanted;
};

Snippets::Snippets(text::Analyser& analyser, const Node& query, SnippetOptions options)
    : state_(std::make_unique<State>(State{analyser, std::move(options), {}})) {
    collect(analyser, query, state_->wanted);
}
Snippets::~Snippets() = default;

Snippet Snippets::best(std::string_view subject,
                       std::string_view body,
                       std::string_view attachments) {
    auto& [analyser, options, wanted] = *state_;
    const auto different = [](const std::vector<Found>& found) {
        std::set<std::size_t> which;
        for (const auto& one : found) which.insert(one.wanted);
        return which.size();
    };
    const struct {
        std::string_view text;
        const char* name;
    } places[] = {{body, "body"}, {subject, "subject"}, {attachments, "attachment"}};
    std::vector<Found> best = find(analyser, wanted, body);
    std::size_t chosen = 0;
    for (std::size_t i = 1; i < 3; ++i) {
        // Elsewhere only when the body says nothing of it: the body is what people want to read.
        if (!best.empty()) break;
        auto found = find(analyser, wanted, places[i].text);
        if (different(found) <= different(best)) continue;
        best = std::move(found);
        chosen = i;
    }
    const auto text = places[chosen].text;
    return {rendered(text, window(text, best, options.max_chars), merged(best), options),
            places[chosen].name};
}

}  // namespace letopis::search
