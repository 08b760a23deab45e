// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>

#include "base/check.hpp"
#include "http/message.hpp"
#include "http/text_internal.hpp"

namespace letopis::http {

namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    path.remove_prefix(1);  // "/"
    for (;;) {
        const auto slash = path.find('/');
        parts.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

enum class Kind : char { literal, one, rest };  // the earlier wins

Kind kind(std::string_view segment) {
    if (!segment.starts_with('{') || !segment.ends_with('}')) return Kind::literal;
    return segment.ends_with("...}") ? Kind::rest : Kind::one;
}

std::string parameter_name(std::string_view segment) {
    return std::string(segment.substr(1, segment.size() - (kind(segment) == Kind::rest ? 5 : 2)));
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (i >= path.size()) return false;
        switch (kind(pattern[i])) {
            case Kind::literal:
                if (pattern[i] != path[i]) return false;
                break;
            case Kind::one:
                if (path[i].empty()) return false;
                break;
            case Kind::rest: return true;
        }
    }
    return pattern.size() == path.size();
}

std::string shape(const std::vector<std::string>& pattern) {
    std::string text;
    for (const auto& segment : pattern) {
        const auto of = kind(segment);
        text += of == Kind::literal ? "/" + segment : of == Kind::one ? "/{" : "/{...";
    }
    return text;
}

// Of two patterns that fit one path: is `a` the closer one?
bool closer(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    const auto by_kind = [](const std::string& x, const std::string& y) {
        return kind(x) < kind(y);
    };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), by_kind);
}

std::map<std::string, std::string> bind(const std::vector<std::string>& pattern,
                                        const std::vector<std::string>& path) {
    std::map<std::string, std::string> found;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (kind(pattern[i]) == Kind::literal) continue;
        auto value = path[i];
        if (kind(pattern[i]) == Kind::rest)
            for (auto more = i + 1; more < path.size(); ++more) value += "/" + path[more];
        found.emplace(parameter_name(pattern[i]), std::move(value));
    }
    return found;
}

}  // namespace

void Routes::add(Route route) {
    CHECK(route.pattern.starts_with('/') && route.handler != nullptr);
    auto segments = split(route.pattern);
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) CHECK(kind(segments[i]) != Kind::rest);
    for (std::size_t i = 0; i < routes_.size(); ++i)
        CHECK(routes_[i].method != route.method || shape(segments_[i]) != shape(segments));
    routes_.push_back(std::move(route));
    segments_.push_back(std::move(segments));
}

const std::vector<Route>& Routes::all() const { return routes_; }

Routes::Match Routes::find(Method method, std::string_view path) const {
    Match match;
    if (!path.starts_with('/')) return match;
    const auto parts = split(path);
    std::size_t best = routes_.size();
    bool best_is_exact = false;  // a route of HEAD itself comes before that of GET
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        if (!fits(segments_[i], parts)) continue;
        const bool exact = routes_[i].method == method;
        if (!exact && !(method == Method::head && routes_[i].method == Method::get)) {
            if (std::ranges::find(match.allowed, routes_[i].method) == match.allowed.end())
                match.allowed.push_back(routes_[i].method);
            continue;
        }
        const bool better = best == routes_.size() || closer(segments_[i], segments_[best]) ||
                            (exact && !best_is_exact && !closer(segments_[best], segments_[i]));
        if (better) {
            best = i;
            best_is_exact = exact;
        }
    }
    if (best < routes_.size()) {
        match.route = &routes_[best];
        match.parameters = bind(segments_[best], parts);
    }
    const auto has = [&](Method wanted) {
        return std::ranges::find(match.allowed, wanted) != match.allowed.end();
    };
    if (has(Method::get) && !has(Method::head) && method != Method::head)
        match.allowed.push_back(Method::head);
    std::ranges::sort(match.allowed);
    return match;
}

}  // namespace letopis::http
