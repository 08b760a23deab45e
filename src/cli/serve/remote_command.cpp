// SPDX-License-Identifier: AGPL-3.0-or-later
// Commands to a server elsewhere, over its API and with a token: what may be done there is for the
// server to say.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <thread>

#include "app/views.hpp"
#include "base/percent.hpp"
#include "cli/main.hpp"
#include "cli/serve/people_desk.hpp"
#include "cli/serve/serve.hpp"
#include "http/client.hpp"

namespace letopis::cli {

namespace json = boost::json;
using app::json_text;
using http::Method;

namespace {

constexpr std::string_view api = "/api/v1";

// The first line of a file that nobody else may read, or of the environment.
Result<std::string> token_of(const Arguments& arguments) {
    const auto file = arguments.get("--token-file");
    if (file.empty()) {
        const char* variable = std::getenv("LETOPIS_TOKEN");
        if (variable != nullptr && *variable != '\0') return std::string(variable);
        return fail(Errc::invalid,
                    "a server wants a token",
                    "Give --token-file FILE or set LETOPIS_TOKEN.");
    }
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0)
        return tl::unexpected<Error>(system_error("cannot read " + file, errno));
    if ((status.st_mode & 077) != 0)
        return fail(Errc::forbidden, file + " can be read by others", "chmod 600 " + file);
    TRY(auto text, read_file(file, 4096));
    text.resize(std::min(text.find_first_of("\r\n"), text.size()));
    return text;
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

// An object in an object, or an empty one.
const json::object& inner(const json::object& object, std::string_view name) {
    static const json::object none;
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_object() ? value->get_object() : none;
}

const json::array& items(const json::object& object, std::string_view name = "items") {
    static const json::array none;
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::string shown(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || value->is_null()) return {};
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

class Remote {
public:
    Remote(const Arguments& arguments, Output& output, std::unique_ptr<http::Client> client)
        : arguments_(arguments), output_(output), client_(std::move(client)) {}

    Result<void> run() {
        const auto name = arguments_.command->name;
        if (name == "search") return search();
        if (name == "show") return show();
        if (name == "books") return list("/sources", "{source}: {stored} of {seen} stored");
        if (name == "import") return import();
        if (name == "user") return user();
        if (name == "token" && word(0) == "list") return list("/tokens", "{id}  {name}  {rights}");
        return fail(Errc::invalid,
                    fmt::format("`{}` works where the archive is, not over --server", name),
                    "Over --server: search, show, import, books, user, token list.");
    }

private:
    std::string word(std::size_t at) const {
        return at < arguments_.positional.size() ? arguments_.positional[at] : std::string();
    }

    Result<http::Answer> ask(Method method,
                             const std::string& path,
                             const std::string& type = {},
                             std::string body = {}) {
        TRY(auto answer, client_->send(method, std::string(api) + path, type, std::move(body)));
        if (answer.status < 400) return answer;
        boost::system::error_code error;
        const auto value = json::parse(answer.body, error);
        const auto& problem =
            !error && value.is_object() ? value.get_object() : inner(json::object(), "");
        auto what = text_in(problem, "detail");
        if (what.empty()) what = fmt::format("the server answers {}", answer.status);
        const auto code = answer.status == 400   ? Errc::invalid
                          : answer.status == 404 ? Errc::not_found
                          : answer.status == 409 ? Errc::conflict
                          : answer.status >= 500 ? Errc::unavailable
                                                 : Errc::forbidden;
        return fail(code, what, text_in(problem, "hint"));
    }

    Result<json::object> object(Method method,
                                const std::string& path,
                                json::value body = nullptr) {
        TRY(const auto answer,
            ask(method,
                path,
                body.is_null() ? "" : "application/json",
                body.is_null() ? "" : json::serialize(body)));
        if (answer.body.empty()) return json::object();
        boost::system::error_code error;
        auto value = json::parse(answer.body, error);
        if (error || !value.is_object())
            return fail(Errc::unavailable, "this is no answer of a Letopis server");
        return std::move(value.get_object());
    }

    void print(const json::object& object) { output_.print(json::serialize(object) + "\n"); }

    // "{name}" in the form is the field of each item.
    Result<void> list(const std::string& path, std::string_view form) {
        TRY(const auto answer, object(Method::get, path));
        if (arguments_.has("--json")) return print(answer), Result<void>();
        for (const auto& item : items(answer)) {
            if (!item.is_object()) continue;
            std::string line(form);
            for (auto at = line.find('{'); at != std::string::npos; at = line.find('{', at + 1)) {
                const auto end = line.find('}', at);
                line.replace(
                    at, end - at + 1, shown(item.get_object(), line.substr(at + 1, end - at - 1)));
            }
            output_.print(line + "\n");
        }
        return {};
    }

    Result<void> search() {
        TRY(const auto limit, arguments_.number("--limit", 20, 100));
        auto path = fmt::format("/search?q={}&limit={}", percent_encoded(word(0)), limit);
        for (const auto* name : {"order", "cursor"})
            if (const auto value = arguments_.get(fmt::format("--{}", name)); !value.empty())
                path += fmt::format("&{}={}", name, percent_encoded(value));
        if (arguments_.has("--facets")) path += "&facets=1";
        TRY(const auto answer, object(Method::get, path));
        if (arguments_.has("--json")) return print(answer), Result<void>();
        output_.print(fmt::format("{} found\n", shown(answer, "total")));
        for (const auto& one : items(answer, "hits")) {
            const auto& hit = one.as_object();
            const auto& from = inner(hit, "from");
            const auto name = text_in(from, "name");
            std::string snippet;
            for (const auto& piece : items(hit, "snippet"))
                snippet += text_in(piece.as_object(), "text");
            output_.print(fmt::format("{}  {}  {}  {}\n    {}\n",
                                      shown(hit, "id"),
                                      text_in(hit, "date"),
                                      name.empty() ? text_in(from, "address") : name,
                                      text_in(hit, "subject"),
                                      snippet));
        }
        if (const auto cursor = text_in(answer, "cursor"); !cursor.empty())
            output_.print(fmt::format("more: --cursor {}\n", cursor));
        return {};
    }

    void print_message(const json::object& message) {
        if (!arguments_.has("--text"))
            output_.print(fmt::format("{}  {}\nfrom {}\n{}\n\n",
                                      shown(message, "id"),
                                      text_in(message, "date"),
                                      text_in(inner(message, "from"), "address"),
                                      text_in(message, "subject")));
        output_.print(text_in(message, "text") + "\n");
    }

    Result<void> show() {
        for (const auto& id : arguments_.positional) {
            if (arguments_.has("--raw")) {
                TRY(const auto raw,
                    ask(Method::get, "/messages/" + percent_encoded(id) + "/source?download=1"));
                output_.print(raw.body);
                continue;
            }
            const bool talk = id.starts_with('c');
            TRY(const auto found,
                object(Method::get,
                       (talk ? "/conversations/" : "/messages/") + percent_encoded(id)));
            if (arguments_.has("--json"))
                print(found);
            else if (talk)
                for (const auto& message : items(found)) print_message(message.as_object());
            else
                print_message(found);
        }
        return {};
    }

    // ---- import

    Result<std::string> upload(const Path& file, const std::string& name) {
        constexpr std::size_t piece_max = 8 << 20;
        std::error_code error;
        const auto size = std::filesystem::file_size(file, error);
        std::ifstream in(file, std::ios::binary);
        if (error || !in) return fail(Errc::io, "cannot read " + file.string());
        TRY(const auto begun,
            object(
                Method::post, "/uploads", json::object{{"name", json_text(name)}, {"size", size}}));
        const auto id = text_in(begun, "id");
        std::uint64_t offset = 0;
        std::string piece;
        while (offset < size) {
            piece.resize(
                static_cast<std::size_t>(std::min<std::uint64_t>(piece_max, size - offset)));
            if (!in.read(piece.data(), static_cast<std::streamsize>(piece.size())))
                return fail(Errc::io, file.string() + " is shorter than it was");
            TRY_DO(ask(Method::patch,
                       fmt::format("/uploads/{}?offset={}", id, offset),
                       "application/octet-stream",
                       piece));
            offset += piece.size();
        }
        return id;
    }

    Result<json::array> uploads() {
        json::array ids;
        for (const auto& given : arguments_.positional) {
            const Path path(given);
            const auto add = [&](const Path& file, const std::string& name) -> Result<void> {
                TRY(const auto id, upload(file, name));
                ids.push_back(json_text(id));
                return {};
            };
            if (!std::filesystem::is_directory(path)) {
                TRY_DO(add(path, path.filename().string()));
                continue;
            }
            for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
                if (entry.is_regular_file())
                    TRY_DO(add(entry.path(),
                               (path.filename() / entry.path().lexically_relative(path)).string()));
        }
        return ids;
    }

    Result<void> import() {
        TRY(auto ids, uploads());
        json::object wish{{"uploads", std::move(ids)}};
        for (const auto* name : {"zone", "owner", "source"})
            if (const auto value = arguments_.get(fmt::format("--{}", name)); !value.empty())
                wish[name] = json_text(value);
        TRY(const auto begun, object(Method::post, "/imports", std::move(wish)));
        for (;;) {
            TRY(const auto now, object(Method::get, "/imports/" + text_in(begun, "id")));
            const auto state = text_in(now, "state");
            if (state == "failed" || state == "stopped")
                return fail(Errc::unavailable,
                            "the import " + state + ": " + text_in(now, "error"));
            if (state == "done") {
                if (arguments_.has("--json"))
                    print(now);
                else
                    output_.print(fmt::format(
                        "{} seen = {} stored + {} already there + {} refused + {} pending\n",
                        shown(now, "seen"),
                        shown(now, "stored"),
                        shown(now, "duplicates"),
                        shown(now, "refused"),
                        shown(now, "pending")));
                return {};
            }
            if (stop_wanted()) {
                TRY_DO(ask(Method::del, "/imports/" + text_in(begun, "id")));
                return fail(Errc::cancelled, "the import was stopped");
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
    }

    // ---- people

    Result<std::string> id_of(const std::string& login) {
        TRY(const auto users, object(Method::get, "/users"));
        for (const auto& item : items(users)) {
            const auto& user = item.as_object();
            if (text_in(user, "login") == login || text_in(user, "id") == login)
                return text_in(user, "id");
        }
        return fail(Errc::not_found, fmt::format("there is no user '{}'", login));
    }

    Result<void> tell(const json::object& done) {
        if (arguments_.has("--json")) return print(done), Result<void>();
        if (done.contains("asked"))
            output_.print("asked: somebody who may approve must agree on the page\n");
        if (const auto link = text_in(done, "invite"); !link.empty())
            output_.print(fmt::format(
                "good once and for 72 hours, behind the server's address:\n  {}\n", link));
        return {};
    }

    Result<void> user() {
        const auto action = word(0);
        if (action == "list") return list("/users", "{login}  {name}  {roles}");
        const auto reason = arguments_.get("--reason");
        json::object body;
        if (!reason.empty()) body["reason"] = json_text(reason);
        if (action == "add") {
            body["login"] = json_text(word(1));
            body["name"] = json_text(word(2));
            if (arguments_.has("--email")) body["email"] = json_text(arguments_.get("--email"));
            TRY(const auto done, object(Method::post, "/users", std::move(body)));
            return tell(done);
        }
        TRY(const auto id, id_of(word(1)));
        if (action == "invite" || action == "reset") {
            TRY(const auto done, object(Method::post, "/users/" + id + "/invite", std::move(body)));
            return tell(done);
        }
        if (action != "disable" && action != "enable")
            return fail(Errc::invalid,
                        "over --server `user` knows list, add, invite, reset, disable and enable");
        body["active"] = action == "enable";
        TRY(const auto done, object(Method::patch, "/users/" + id, std::move(body)));
        return tell(done);
    }

    const Arguments& arguments_;
    Output& output_;
    std::unique_ptr<http::Client> client_;
};

}  // namespace

Exit run_remote(const Arguments& arguments, Output& output, const std::string& server) {
    const auto done = [&]() -> Result<void> {
        TRY(const auto token, token_of(arguments));
        TRY(auto client, http::Client::connect(server, token, arguments.get("--fingerprint")));
        return Remote(arguments, output, std::move(client)).run();
    }();
    if (!done) return report(output, done.error(), arguments.has("--json"));
    output.flush();
    return Exit::done;
}

}  // namespace letopis::cli
