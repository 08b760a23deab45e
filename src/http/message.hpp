// SPDX-License-Identifier: AGPL-3.0-or-later
// A request and its answer, as handlers see them (RFC 9110). Values: a handler decodes, calls,
// encodes. Handlers run on a pool of worker threads, never on the thread of the network.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace letopis::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view name(Method method);  // "GET"

struct Header {
    std::string name;
    std::string value;
};

// The body of a request that is not held in memory. Blocks the worker until bytes are there.
class BodyReader {
public:
    virtual ~BodyReader() = default;
    // At most 256 KiB; empty: the body is complete. Errors: io (the peer went away or was too
    // slow), too_large.
    virtual Result<std::string> read() = 0;
};

struct Request {
    Method method = Method::get;
    std::string target;  // as it was sent
    std::string path;    // percent-decoded, without the query; always begins with "/"
    std::map<std::string, std::string> query;       // decoded; of equal names the first
    std::map<std::string, std::string> parameters;  // of the route's pattern: {id}
    std::vector<Header> headers;
    std::string body;              // of routes with Body::whole
    BodyReader* upload = nullptr;  // of routes with Body::stream; as long as the handler runs
    std::optional<std::uint64_t> content_length;
    std::string peer;     // address of the caller, behind a proxy the one that the proxy names
    bool secure = false;  // came over TLS, to us or to the trusted proxy
    std::string id;       // of this request, for logs and for people who ask for help
    std::string caller;   // an id, for logs: handlers say who it was; empty: nobody they knew

    // The first header of this name, letter case aside; empty when there is none.
    std::string_view header(std::string_view header_name) const;
    std::string_view cookie(std::string_view cookie_name) const;
    std::string_view parameter(std::string_view parameter_name) const;
};

struct WebSocketMessage {
    std::string bytes;  // 1 MiB at most when it came; text is UTF-8
    bool text = true;
};

struct Response {
    int status = 200;
    std::vector<Header> headers;
    std::string body;
    // Instead of a body: called on a worker until it gives an empty piece. `size` as
    // Content-Length when it is known, else chunked. An error cuts the connection, so that nobody
    // takes the part for the whole.
    std::function<Result<std::string>()> source;
    std::optional<std::uint64_t> size;
    // Instead of a body: server-sent events. Asked on a worker every quarter of a second, and at
    // once after Server::wake(); text that is ready in the form of the event stream (may be empty);
    // nothing ends the stream. The server adds a comment every 15 s, so that proxies keep it open.
    std::function<std::optional<std::string>()> events;
    // Takes over the connection after the handshake of RFC 6455, which the server makes; a request
    // that asks for none gets 426. Who may call is for the handler to say before: look at Origin,
    // browsers keep no other rule here. Called on a worker, never twice at once, with every
    // message that came, and like `events` with null; what it gives is sent, nothing closes.
    std::function<std::optional<std::vector<WebSocketMessage>>(const WebSocketMessage*)> websocket;

    Response& with(std::string header_name, std::string value) &;
    Response&& with(std::string header_name, std::string value) &&;
};

enum class Body : std::uint8_t { none, whole, stream };

using Handler = std::function<Response(Request&)>;

struct Route {
    Method method = Method::get;
    std::string pattern;  // "/api/v1/messages/{id}"; a last segment "{path...}" takes the rest
    Body body = Body::none;
    std::uint64_t body_max = 1 << 20;  // bytes; more is 413 before it is read
    Handler handler;
};

// What is asked when no route fits (404 or 405 with Allow), and for every answer that the server
// makes by itself (400, 408, 413, 431, 500, 501, 503, …): the body in the form that the API
// promises. May be asked on the thread of the network: it must not wait for anything.
using Problem = std::function<Response(const Request&, int status, std::string_view what)>;

// A request that was decided on, for logs and figures: nothing of what was asked but the route.
struct Seen {
    const Request& request;
    std::string_view pattern;  // of the route; empty: none was found, or the request was refused
    int status = 0;
    std::chrono::duration<double> time{};  // from the head of the request to the head of the answer
};

class Routes {
public:
    void add(Route route);  // two routes of one method and shape are a mistake: CHECK
    const std::vector<Route>& all() const;
    struct Match {
        const Route* route = nullptr;  // null: see `allowed`
        std::map<std::string, std::string> parameters;
        std::vector<Method> allowed;  // other methods of this path
    };
    // Literal segments win over {id}, and {id} over {path...}. HEAD finds the route of GET.
    Match find(Method method, std::string_view path) const;
    Problem problem;
    // Runs on the worker after every handler, and after 404 and 405: adds security headers, logs,
    // counts. May be empty.
    std::function<void(const Request&, Response&)> after;
    // Once for every answer, on the thread of the network: it must not wait. May be empty.
    std::function<void(const Seen&)> seen;

private:
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> segments_;  // of the patterns
};

}  // namespace letopis::http
