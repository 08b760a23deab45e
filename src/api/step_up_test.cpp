// SPDX-License-Identifier: AGPL-3.0-or-later
// A second factor is of just now for five minutes: the whole house, with a clock that is moved.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "access/totp.hpp"
#include "api/house.hpp"
#include "base/bytes.hpp"
#include "base/fake_clock.hpp"

namespace letopis::api {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class StepUp : public testing::Test {
protected:
    StepUp()
        : dir_(std::filesystem::temp_directory_path() / ("letopis-api-" + hex(random_bytes(8)))) {
        ::setenv("LETOPIS_PARSE", LETOPIS_BINARY_DIR "/letopis-parse", 1);
        std::filesystem::create_directories(dir_);
        HouseOptions options;
        options.directory = dir_ / "archive";
        options.key_file = dir_ / "archive.key";
        house_ = std::make_unique<House>(options, clock_);
        routes_ = house_->routes();
    }
    ~StepUp() override {
        house_->end_jobs();
        house_.reset();
        std::filesystem::remove_all(dir_);
    }

    http::Response ask(http::Method method, const std::string& path, json::object body = {}) {
        http::Request request;
        request.method = method;
        request.path = "/api/v1" + path;
        request.peer = "127.0.0.1";
        request.headers = {{"X-Letopis", "1"}, {"Content-Type", "application/json"}};
        std::string cookies;
        for (const auto& [name, value] : cookies_)
            cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
        request.headers.push_back({"Cookie", cookies});
        request.body = json::serialize(body);
        const auto match = routes_.find(method, request.path);
        EXPECT_NE(match.route, nullptr) << path;
        if (match.route == nullptr) return {};
        request.parameters = match.parameters;
        auto response = match.route->handler(request);
        for (const auto& header : response.headers) {
            if (header.name != "Set-Cookie") continue;
            const auto pair = header.value.substr(0, header.value.find(';'));
            cookies_[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
        }
        return response;
    }
    json::object done(const http::Response& response) {
        EXPECT_EQ(response.status, 200) << response.body;
        return json::parse(response.body).as_object();
    }
    std::string code() {
        const auto now = std::chrono::duration_cast<seconds>(clock_.now().time_since_epoch());
        return access::totp_code(seed_, now.count() / 30);
    }

    void set_up() {
        const std::string path = house_->setup_path();
        const json::object token{{"token", path.substr(path.find("token=") + 6)}};
        const auto with = [&](json::object more) {
            more["token"] = token.at("token");
            return more;
        };
        using enum http::Method;
        const auto made = done(ask(post, "/setup/archive", with({{"language", "ru"}})));
        done(ask(post, "/setup/sheet", with({{"code", made.at("sheet")}})));
        const auto user = done(
            ask(post,
                "/setup/user",
                with({{"login", "olga"}, {"name", "Ольга"}, {"password", "синий кит ест снег"}})));
        seed_ = unbase32(user.at("totp").at("secret").as_string());
        done(ask(post, "/setup/confirm", with({{"code", code()}})));
    }
    static std::string unbase32(const json::string& text) {
        std::string out;
        unsigned bits = 0;
        int held = 0;
        for (const char c : text) {
            const auto at = std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").find(c);
            if (at == std::string_view::npos) continue;
            bits = (bits << 5 | static_cast<unsigned>(at)) & 0xffff;
            held += 5;
            if (held < 8) continue;
            held -= 8;
            out.push_back(static_cast<char>(bits >> held & 0xff));
        }
        return out;
    }
    bool wants_step_up(http::Method method, const std::string& path, json::object body = {}) {
        const auto response = ask(method, path, std::move(body));
        const auto value = response.body.empty() ? json::value() : json::parse(response.body);
        return response.status == 403 && value.is_object() && value.as_object().contains("code") &&
               value.at("code") == "step_up_required";
    }
    // Of everything that needs a second factor of just now, what says so.
    std::vector<std::string> wanting() {
        using enum http::Method;
        const std::vector<std::tuple<http::Method, std::string, json::object>> acts = {
            {put, "/sign-in", {{"address", "https://archive.firm.example"}}},
            {post, "/sign-in/check", {}},
            {post, "/keys/rotate", {}},
            {post, "/account/password", {}},
            {post, "/account/recovery-codes", {}},
            {post, "/account/totp", {}},
            {del, "/account/totp", {}},
            {post, "/account/passkeys/options", {}},
            {del, "/sessions", {}},
            {del, "/sessions/e-0", {}},
            {del, "/users/u-0/sessions", {}}};
        std::vector<std::string> found;
        for (const auto& [method, path, body] : acts)
            if (wants_step_up(method, path, body))
                found.push_back(std::string(http::name(method)) + " " + path);
        all_ = acts.size();
        return found;
    }

    FakeClock clock_;
    Path dir_;
    std::unique_ptr<House> house_;
    http::Routes routes_;
    std::map<std::string, std::string> cookies_;
    std::string seed_;
    std::size_t all_ = 0;
};

TEST_F(StepUp, is_asked_for_after_five_minutes_and_good_for_five_more) {
    set_up();
    EXPECT_EQ(wanting(), std::vector<std::string>{});
    clock_.advance(minutes(5));
    EXPECT_EQ(wanting(), std::vector<std::string>{});
    clock_.advance(seconds(1));
    EXPECT_EQ(wanting().size(), all_);

    // What needs none goes on.
    EXPECT_EQ(ask(http::Method::get, "/session").status, 200);
    // The code that let them in is used up; a fresh one begins five minutes anew.
    EXPECT_EQ(ask(http::Method::post, "/session/step-up", {{"code", "000000"}}).status, 401);
    EXPECT_EQ(wanting().size(), all_);
    EXPECT_EQ(ask(http::Method::post, "/session/step-up", {{"code", json::string(code())}}).status,
              200);
    EXPECT_EQ(wanting(), std::vector<std::string>{});
    clock_.advance(minutes(5));
    EXPECT_EQ(wanting(), std::vector<std::string>{});
    clock_.advance(seconds(1));
    EXPECT_EQ(wanting().size(), all_);
}

TEST_F(StepUp, does_not_make_a_session_live_longer) {
    set_up();
    clock_.advance(minutes(29));
    EXPECT_EQ(ask(http::Method::post, "/session/step-up", {{"code", json::string(code())}}).status,
              200);
    for (int i = 0; i < 23; ++i) {
        clock_.advance(minutes(29));
        EXPECT_EQ(ask(http::Method::get, "/session").status, 200) << i;
    }
    clock_.advance(minutes(29));  // twelve hours and more since the sign-in
    EXPECT_EQ(ask(http::Method::get, "/session").status, 401);
    EXPECT_EQ(ask(http::Method::post, "/session/step-up", {{"code", json::string(code())}}).status,
              401);
}

}  // namespace
}  // namespace letopis::api
