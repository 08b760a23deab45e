// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>

#include "http/message.hpp"

namespace letopis::http {
namespace {

Routes routes(std::initializer_list<std::pair<Method, std::string>> patterns) {
    Routes out;
    for (const auto& [method, pattern] : patterns)
        out.add(
            {.method = method, .pattern = pattern, .handler = [](Request&) { return Response(); }});
    return out;
}

std::string pattern_of(const Routes& known, std::string_view path, Method method = Method::get) {
    const auto match = known.find(method, path);
    return match.route ? match.route->pattern : "";
}

TEST(Routes, the_closer_pattern_wins_in_whatever_order) {
    const auto known = routes({{Method::get, "/{path...}"},
                               {Method::get, "/a/{id}/c"},
                               {Method::get, "/a/{id}"},
                               {Method::get, "/a/b"},
                               {Method::get, "/a/{rest...}"},
                               {Method::get, "/"}});

    EXPECT_EQ(pattern_of(known, "/"), "/");
    EXPECT_EQ(pattern_of(known, "/a/b"), "/a/b");
    EXPECT_EQ(pattern_of(known, "/a/x"), "/a/{id}");
    EXPECT_EQ(pattern_of(known, "/a/x/c"), "/a/{id}/c");
    EXPECT_EQ(pattern_of(known, "/a/x/d"), "/a/{rest...}");
    EXPECT_EQ(pattern_of(known, "/a/"), "/a/{rest...}");
    EXPECT_EQ(pattern_of(known, "/a"), "/{path...}");
    EXPECT_EQ(pattern_of(known, "no slash"), "");
}

TEST(Routes, parameters_are_bound_by_name) {
    const auto known = routes({{Method::get, "/a/{id}/{path...}"}});

    const auto match = known.find(Method::get, "/a/7/x/y z");

    ASSERT_TRUE(match.route);
    EXPECT_EQ(match.parameters.at("id"), "7");
    EXPECT_EQ(match.parameters.at("path"), "x/y z");
    EXPECT_EQ(pattern_of(known, "/a//x"), "");
}

TEST(Routes, head_finds_get_and_others_are_told) {
    const auto known = routes({{Method::get, "/a"}, {Method::post, "/a"}, {Method::del, "/b"}});

    EXPECT_EQ(pattern_of(known, "/a", Method::head), "/a");
    EXPECT_EQ(known.find(Method::put, "/a").allowed,
              (std::vector{Method::get, Method::head, Method::post}));
    EXPECT_EQ(known.find(Method::get, "/b").allowed, std::vector{Method::del});
    EXPECT_TRUE(known.find(Method::get, "/c").allowed.empty());
}

TEST(RoutesDeathTest, two_routes_of_one_shape_are_a_mistake) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(routes({{Method::get, "/a/{id}"}, {Method::get, "/a/{name}"}}), "");
    EXPECT_DEATH(routes({{Method::get, "/{path...}/a"}}), "");
}

}  // namespace
}  // namespace letopis::http
