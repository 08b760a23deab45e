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
#include "cli/serve/remote_calls.hpp"
#include "cli/serve/serve.hpp"

namespace letopis::cli {

namespace json = boost::json;
using app::json_text;
using http::Method;

namespace {

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

class Remote : public RemoteCalls {
public:
    using RemoteCalls::RemoteCalls;

    Result<void> run() {
        const auto name = arguments().command->name;
        if (name == "search") return search();
        if (name == "show") return show();
        if (name == "books") return list("/sources", "{source}: {stored} of {seen} stored");
        if (name == "import") return import();
        if (name == "user") return remote_user(*this);
        if (name == "role") return remote_role(*this);
        if (name == "token" && word(0) == "list") return list("/tokens", "{id}  {name}  {rights}");
        return fail(Errc::invalid,
                    fmt::format("`{}` works where the archive is, not over --server", name),
                    "Over --server: search, show, import, books, user, role, token list.");
    }

private:
    Result<void> search() {
        TRY(const auto limit, arguments().number("--limit", 20, 100));
        auto path = fmt::format("/search?q={}&limit={}", percent_encoded(word(0)), limit);
        for (const auto* name : {"order", "cursor"})
            if (const auto value = arguments().get(fmt::format("--{}", name)); !value.empty())
                path += fmt::format("&{}={}", name, percent_encoded(value));
        if (arguments().has("--facets")) path += "&facets=1";
        TRY(const auto answer, object(Method::get, path));
        if (arguments().has("--json")) return print(answer), Result<void>();
        output().print(fmt::format("{} found\n", shown(answer, "total")));
        for (const auto& one : items(answer, "hits")) {
            const auto& hit = one.as_object();
            const auto& from = inner(hit, "from");
            const auto name = text_in(from, "name");
            std::string snippet;
            for (const auto& piece : items(hit, "snippet"))
                snippet += text_in(piece.as_object(), "text");
            output().print(fmt::format("{}  {}  {}  {}\n    {}\n",
                                       shown(hit, "id"),
                                       text_in(hit, "date"),
                                       name.empty() ? text_in(from, "address") : name,
                                       text_in(hit, "subject"),
                                       snippet));
        }
        if (const auto cursor = text_in(answer, "cursor"); !cursor.empty())
            output().print(fmt::format("more: --cursor {}\n", cursor));
        return {};
    }

    void print_message(const json::object& message) {
        if (!arguments().has("--text"))
            output().print(fmt::format("{}  {}\nfrom {}\n{}\n\n",
                                       shown(message, "id"),
                                       text_in(message, "date"),
                                       text_in(inner(message, "from"), "address"),
                                       text_in(message, "subject")));
        output().print(text_in(message, "text") + "\n");
    }

    Result<void> show() {
        for (const auto& id : arguments().positional) {
            if (arguments().has("--raw")) {
                TRY(const auto raw,
                    ask(Method::get, "/messages/" + percent_encoded(id) + "/source?download=1"));
                output().print(raw.body);
                continue;
            }
            const bool talk = id.starts_with('c');
            TRY(const auto found,
                object(Method::get,
                       (talk ? "/conversations/" : "/messages/") + percent_encoded(id)));
            if (arguments().has("--json"))
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
        for (const auto& given : arguments().positional) {
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
            if (const auto value = arguments().get(fmt::format("--{}", name)); !value.empty())
                wish[name] = json_text(value);
        TRY(const auto begun, object(Method::post, "/imports", std::move(wish)));
        for (;;) {
            TRY(const auto now, object(Method::get, "/imports/" + text_in(begun, "id")));
            const auto state = text_in(now, "state");
            if (state == "failed" || state == "stopped")
                return fail(Errc::unavailable,
                            "the import " + state + ": " + text_in(now, "error"));
            if (state == "done") {
                if (arguments().has("--json"))
                    print(now);
                else
                    output().print(fmt::format(
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
