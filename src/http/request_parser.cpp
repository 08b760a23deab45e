// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "http/target_internal.hpp"
#include "http/text_internal.hpp"

namespace letopis::http {

namespace beast = boost::beast::http;
using ErrorCode = boost::beast::error_code;
using Text = boost::beast::string_view;

namespace {
// A chunk's size line or the trailer of a chunked body; a trailer is read and forgotten.
constexpr std::size_t chunk_line_max = 16 * 1024;
// A chunked body that is not at its end has so many bytes to come, and Beast asserts that it sees
// them when it looks at a last chunk again.
constexpr std::size_t chunked_rest_min = 5;
}  // namespace

struct RequestParser::Grammar final : beast::basic_parser<true> {
    std::string method;
    std::string target;
    std::vector<Header> headers;
    int version = 0;  // 10 or 11
    std::size_t headers_max = 0;
    bool head_done = false;
    bool too_many_headers = false;
    std::string* out = nullptr;
    std::size_t out_max = 0;
    std::uint64_t chunk_left = 0;  // of the chunk whose size line was read last

    void on_request_impl(beast::verb, Text as_sent, Text where, int number, ErrorCode&) override {
        version = number;
        method = std::string(as_sent);
        target = std::string(where);
    }
    void on_response_impl(int, Text, int, ErrorCode&) override {}
    void on_field_impl(beast::field, Text name, Text value, ErrorCode& error) override {
        if (head_done) return;
        if (headers.size() >= headers_max) {
            too_many_headers = true;
            error = beast::error::header_limit;
            return;
        }
        headers.push_back({std::string(name), std::string(value)});
    }
    void on_header_impl(ErrorCode&) override { head_done = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(Text body, ErrorCode&) override { return take(body); }
    void on_chunk_header_impl(std::uint64_t size, Text, ErrorCode&) override { chunk_left = size; }
    std::size_t on_chunk_body_impl(std::uint64_t, Text body, ErrorCode&) override {
        const auto size = take(body);
        chunk_left -= size;
        return size;
    }
    void on_finish_impl(ErrorCode&) override {}

    std::size_t take(Text body) {
        const auto size = std::min(body.size(), out_max - out->size());
        out->append(body.data(), size);
        return size;
    }
    std::size_t count(std::string_view name) const {
        std::size_t found = 0;
        for (const auto& header : headers) found += same_ignoring_case(header.name, name);
        return found;
    }
};

RequestParser::RequestParser(std::size_t head_bytes_max, std::size_t headers_max)
    : grammar_(std::make_unique<Grammar>()), head_bytes_max_(head_bytes_max) {
    grammar_->headers_max = headers_max;
    grammar_->header_limit(static_cast<std::uint32_t>(head_bytes_max + 4));
    grammar_->body_limit(boost::none);
}

RequestParser::~RequestParser() = default;

void RequestParser::limit_body(std::uint64_t body_max) { grammar_->body_limit(body_max); }
bool RequestParser::complete() const { return grammar_->is_done(); }

RequestParser::State RequestParser::refuse(int status, std::string what) {
    refusal_ = {status, std::move(what)};
    return State::refused;
}

namespace {

// What can be said of a request line before the head is complete; 0 when it may be one.
int fault_of_request_line(std::string_view line) {
    const auto space = line.rfind(' ');
    if (space == std::string_view::npos) return 400;
    const auto version = line.substr(space + 1);
    if (version == "HTTP/1.1" || version == "HTTP/1.0") return 0;
    return version.starts_with("HTTP/") ? 505 : 400;
}

}  // namespace

// Lines are looked at as they come, so that nobody who speaks something else is waited for.
RequestParser::State RequestParser::take_head(Input& input) {
    while (line_ == 0 && input.view().starts_with("\r\n")) input.use(2);  // section 2.2
    const auto bytes = input.view();
    if (!bytes.empty() && (bytes[0] < 'A' || bytes[0] > 'Z') && bytes != "\r")
        return refuse(400, "no request line");
    for (;;) {
        const auto end = bytes.find('\n', line_);
        if (end == std::string_view::npos || end >= head_bytes_max_)
            return std::min(end, bytes.size()) >= head_bytes_max_
                       ? refuse(431, "the head is too large")
                       : State::more;
        if (end == line_ || bytes[end - 1] != '\r') return refuse(400, "a line ends without CR");
        const auto line = bytes.substr(line_, end - 1 - line_);
        if (line.starts_with(' ') || line.starts_with('\t'))
            return refuse(400, "a header is folded");
        if (line_ == 0)
            if (const int status = fault_of_request_line(line))
                return refuse(status,
                              status == 505 ? "HTTP/1.1 is spoken here" : "no request line");
        line_ = end + 1;
        if (line.empty()) break;
    }
    ErrorCode error;
    const auto used = grammar_->put(boost::asio::buffer(bytes.data(), line_), error);
    if (grammar_->too_many_headers) return refuse(431, "too many headers");
    if (error || used != line_ || !grammar_->head_done)
        return refuse(400, "the head is not HTTP: " + error.message());
    input.use(line_);
    return understand();
}

namespace {

std::optional<Method> method_of(std::string_view text) {
    for (const auto method : {Method::get,
                              Method::head,
                              Method::post,
                              Method::put,
                              Method::patch,
                              Method::del,
                              Method::options})
        if (text == name(method)) return method;
    return std::nullopt;
}

bool is_host(std::string_view text) {
    for (const char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              std::string_view(".-_~:[]%").find(c) != std::string_view::npos))
            return false;
    return true;
}

}  // namespace

RequestParser::State RequestParser::understand() {
    auto& request = head_.request;
    auto& grammar = *grammar_;
    head_.http11 = grammar.version == 11;
    head_.keep_alive = grammar.keep_alive();
    request.target = std::move(grammar.target);
    const auto method = method_of(grammar.method);
    if (!method) return refuse(501, "the method is not known");
    request.method = *method;
    auto target = parse_target(request.target);
    if (!target) return refuse(400, "the target is not understood");
    request.path = std::move(target->path);
    request.query = std::move(target->query);

    const auto hosts = grammar.count("Host");
    if (hosts > 1 || (head_.http11 && hosts == 0)) return refuse(400, "not one Host header");
    const auto codings = grammar.count("Transfer-Encoding");
    const auto lengths = grammar.count("Content-Length");
    if (codings + lengths > 1) return refuse(400, "the length of the body is said twice");
    request.headers = std::move(grammar.headers);
    if (target->authority)  // section 3.2.2: it is what counts
        for (auto& header : request.headers)
            if (same_ignoring_case(header.name, "Host")) header.value = *target->authority;
    if (!is_host(request.header("Host"))) return refuse(400, "the host is not a host");
    if (codings == 1) {
        if (!head_.http11) return refuse(400, "a transfer coding in HTTP/1.0");
        if (!same_ignoring_case(request.header("Transfer-Encoding"), "chunked"))
            return refuse(501, "the transfer coding is not known");
    }
    if (lengths == 1) {
        const auto length = request.header("Content-Length");
        if (length.find_first_not_of("0123456789") != std::string_view::npos)
            return refuse(400, "the length of the body is not a number");
        request.content_length = grammar.content_length().get();
    }
    head_.has_body = !grammar.is_done();
    const auto expect = request.header("Expect");
    if (!expect.empty() && head_.http11) {
        if (!same_ignoring_case(expect, "100-continue"))
            return refuse(417, "the expectation is not known");
        head_.expects_continue = head_.has_body;
    }
    return State::done;
}

namespace {

// Does the size line of the next chunk have a quoted extension? Beast looks for the end of the
// quotation beyond the line, and counts the chunk once more each time it looks.
bool quotes(std::string_view bytes) {
    if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);  // of the chunk before
    const auto end = bytes.find("\r\n");
    return end != std::string_view::npos &&
           bytes.substr(0, end).find('"') != std::string_view::npos;
}

}  // namespace

RequestParser::State RequestParser::take_body(Input& input, std::string& out, std::size_t out_max) {
    grammar_->out = &out;
    grammar_->out_max = std::max(out_max, out.size());
    while (!grammar_->is_done()) {
        const auto bytes = input.view();
        if (bytes.empty() || out.size() >= out_max) return State::more;
        if (grammar_->chunked() && bytes.size() < chunked_rest_min) return State::more;
        if (grammar_->chunked() && grammar_->chunk_left == 0 && quotes(bytes))
            return refuse(400, "a chunk extension is quoted");
        ErrorCode error;
        const auto used = grammar_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
        input.use(used);
        if (error == beast::error::body_limit) return refuse(413, "the body is too large");
        if (error && error != beast::error::need_more)
            return refuse(400, "the body is not HTTP: " + error.message());
        if (error && input.view().size() > chunk_line_max)
            return refuse(400, "a chunk has too much about it");
        if (error && used == 0) return State::more;
    }
    return State::done;
}

}  // namespace letopis::http
