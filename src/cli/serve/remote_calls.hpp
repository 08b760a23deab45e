// SPDX-License-Identifier: AGPL-3.0-or-later
// What the commands to a server elsewhere share: asking it, and reading what it answers.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "cli/main.hpp"
#include "cli/session.hpp"
#include "http/client.hpp"

namespace letopis::cli {

// Fields of an answer; what is not there is empty.
std::string text_in(const boost::json::object& object, std::string_view name);
const boost::json::object& inner(const boost::json::object& object, std::string_view name);
const boost::json::array& items(const boost::json::object& object, std::string_view name = "items");
// Any value, as it is shown.
std::string shown(const boost::json::object& object, std::string_view name);

class RemoteCalls {
public:
    RemoteCalls(const Arguments& arguments, Output& output, std::unique_ptr<http::Client> client)
        : arguments_(arguments), output_(output), client_(std::move(client)) {}

    const Arguments& arguments() const { return arguments_; }
    Output& output() { return output_; }
    std::string word(std::size_t at) const;

    // A refusal is an error, with what the server says of it.
    Result<http::Answer> ask(http::Method method,
                             const std::string& path,
                             const std::string& type = {},
                             std::string body = {});
    // `body` null: none.
    Result<boost::json::object> object(http::Method method,
                                       const std::string& path,
                                       const boost::json::value& body = nullptr);
    void print(const boost::json::object& object);
    // A line for each item; "{name}" in the form is its field.
    Result<void> list(const std::string& path, std::string_view form);

private:
    const Arguments& arguments_;
    Output& output_;
    std::unique_ptr<http::Client> client_;
};

Result<void> remote_user(RemoteCalls& server);
Result<void> remote_role(RemoteCalls& server);

}  // namespace letopis::cli
