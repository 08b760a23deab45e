// SPDX-License-Identifier: AGPL-3.0-or-later
// The bytes of one request to a Request, without any network. The grammar is Beast's; what is
// refused beyond it is what two servers could understand differently (RFC 9112 section 11.2).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace letopis::http {

// What a peer has sent and nobody has used yet.
class Input {
public:
    std::string_view view() const { return std::string_view(bytes_).substr(begin_); }
    bool empty() const { return begin_ == bytes_.size(); }
    void add(std::string_view bytes) {
        if (begin_ > 0) {
            bytes_.erase(0, begin_);
            begin_ = 0;
        }
        bytes_.append(bytes);
    }
    void use(std::size_t size) {
        begin_ += size;
        if (!empty()) return;
        bytes_.clear();
        begin_ = 0;
    }

private:
    std::string bytes_;
    std::size_t begin_ = 0;
};

struct Head {
    Request request;  // method, target, path, query, headers, content_length
    bool http11 = true;
    bool keep_alive = false;
    bool has_body = false;
    bool expects_continue = false;
};

struct Refusal {
    int status = 400;
    std::string what;
};

class RequestParser {
public:
    RequestParser(std::size_t head_bytes_max, std::size_t headers_max);
    ~RequestParser();

    enum class State : std::uint8_t { more, done, refused };
    // Uses up a complete head at the front of `input`; `more` until there is one.
    State take_head(Input& input);
    Head& head() { return head_; }
    // After the head: adds bytes of the body to `out` until it has `out_max` or `input` has no
    // more; done at the end of the body. More than `body_max` in all is refused with 413.
    State take_body(Input& input, std::string& out, std::size_t out_max);
    void limit_body(std::uint64_t body_max);
    bool complete() const;  // head and body
    const Refusal& refusal() const { return refusal_; }

private:
    struct Grammar;
    State refuse(int status, std::string what);
    State understand();

    std::unique_ptr<Grammar> grammar_;
    std::size_t head_bytes_max_;
    std::size_t line_ = 0;  // where the line begins that is not complete yet
    Head head_;
    Refusal refusal_;
};

}  // namespace letopis::http
