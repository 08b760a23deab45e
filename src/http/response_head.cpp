// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "http/response_head_internal.hpp"
#include "http/text_internal.hpp"

namespace letopis::http {

namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 423: return "Locked";
        case 426: return "Upgrade Required";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "";
    }
}

bool is_ours(std::string_view header_name) {
    for (const std::string_view ours :
         {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date", "Upgrade"})
        if (same_ignoring_case(header_name, ours)) return true;
    return false;
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_value(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

}  // namespace

std::string_view fault_of(const Response& response) {
    if (response.status < 200 || response.status > 599) return "the status of the answer is none";
    for (const auto& header : response.headers)
        if (!is_token(header.name) || !is_value(header.value))
            return "a header of the answer is none";
    return {};
}

void add_if_missing(Response& response, std::string_view name, std::string_view value) {
    for (const auto& header : response.headers)
        if (same_ignoring_case(header.name, name)) return;
    response.headers.push_back({std::string(name), std::string(value)});
}

std::string make_head(const Response& response, const ResponseHead& head, std::string_view date) {
    std::string out = fmt::format(
        "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason(response.status), date);
    for (const auto& header : response.headers)
        if (!is_ours(header.name))
            out.append(header.name).append(": ").append(header.value) += "\r\n";
    if (head.length) out += fmt::format("Content-Length: {}\r\n", *head.length);
    if (head.chunked) out += "Transfer-Encoding: chunked\r\n";
    if (!head.keep_alive)
        out += "Connection: close\r\n";
    else if (!head.http11)
        out += "Connection: keep-alive\r\n";
    return out += "\r\n";
}

}  // namespace letopis::http
