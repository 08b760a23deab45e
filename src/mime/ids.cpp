// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/ids.hpp"

#include <algorithm>
#include <unordered_set>

#include "mime/ascii.hpp"
#include "mime/charset.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

constexpr std::size_t id_bytes_max = 1000;

struct Found {
    std::string id;
    std::size_t begin = 0;  // of the '<'
    std::size_t end = 0;    // after the '>'
};

// Folding may have put white space inside; ids have none.
std::string packed(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (!is_space(c) && c != '<' && c != '\0') out.push_back(c);
    if (out.size() > id_bytes_max) out.resize(id_bytes_max);
    return utf8::valid(out) ? out : utf8::repair(out);
}

std::vector<Found> in_brackets(std::string_view line) {
    std::vector<Found> out;
    for (std::size_t at = 0; (at = line.find('<', at)) != line.npos;) {
        const auto end = line.find('>', at);
        if (end == line.npos) break;
        // "<a <b>": the inner one is the id.
        const auto begin = line.rfind('<', end);
        if (auto id = packed(line.substr(begin + 1, end - begin - 1)); !id.empty())
            out.push_back({std::move(id), begin, end + 1});
        at = end + 1;
    }
    return out;
}

std::vector<std::string> words_with_at(std::string_view line) {
    std::vector<std::string> out;
    while (!line.empty() && out.size() < ids_max) {
        line = trim(line);
        const auto end = std::min(line.find_first_of(" ,;"), line.size());
        auto word = line.substr(0, end);
        while (word.starts_with('<')) word.remove_prefix(1);
        if (word.find('@') != word.npos) out.push_back(packed(word));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return out;
}

}  // namespace

std::string parse_message_id(std::string_view raw) {
    const auto line = unfold(raw);
    for (auto& found : in_brackets(line)) return std::move(found.id);
    return packed(line);
}

std::vector<std::string> parse_references(std::string_view raw) {
    const auto line = unfold(raw);
    std::vector<std::string> out;
    std::unordered_set<std::string> seen;
    auto found = in_brackets(line);
    if (found.empty()) return words_with_at(line);
    // What is kept of a list that is too long: the root, and the nearest ancestors.
    if (found.size() > ids_max)
        found.erase(found.begin() + 1, found.end() - static_cast<std::ptrdiff_t>(ids_max) + 1);
    for (auto& one : found)
        if (seen.insert(one.id).second) out.push_back(std::move(one.id));
    return out;
}

std::vector<std::string> parse_in_reply_to(std::string_view raw) {
    const auto line = unfold(raw);
    auto found = in_brackets(line);
    if (found.empty()) return words_with_at(line);
    const auto prose = [](std::string_view text) {
        return std::any_of(text.begin(), text.end(), is_alnum);
    };
    std::vector<std::string> out;
    if (prose(std::string_view(line).substr(0, found[0].begin))) {
        out.push_back(std::move(found.back().id));
        return out;
    }
    std::size_t end = found[0].begin;
    for (auto& one : found) {
        if (prose(std::string_view(line).substr(end, one.begin - end)) || out.size() == ids_max)
            break;
        end = one.end;
        if (std::find(out.begin(), out.end(), one.id) == out.end())
            out.push_back(std::move(one.id));
    }
    return out;
}

}  // namespace letopis::mime
