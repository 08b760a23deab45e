// SPDX-License-Identifier: AGPL-3.0-or-later
// Change documents as JSON: docs/formats/people.md.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "access/people.hpp"

namespace letopis::access {

constexpr std::size_t document_bytes_max = 256 * 1024;
constexpr std::size_t document_depth_max = 8;

// Reads the fields of one object, each with its limit. A field that is missing, of another type or
// over its limit makes ok() false and yields an empty value; fields that nobody asks for are let
// be.
class In {
public:
    explicit In(const boost::json::object& object) : object_(object) {}
    bool ok() const { return bad_.empty(); }
    Result<void> done() const;  // invalid, with the name of the first bad field

    bool has(std::string_view name) const { return object_.contains(name); }
    std::string text(std::string_view name, std::size_t bytes_max);   // not empty, no controls
    std::string line(std::string_view name, std::size_t bytes_max);   // may be missing
    std::string note(std::string_view name, std::size_t bytes_max);   // likewise, of any letters
    std::string bytes(std::string_view name, std::size_t bytes_max);  // base64
    std::string id(std::string_view name, char kind);                 // "u-…"
    std::string author(std::string_view name);                        // a user's, or operator
    bool flag(std::string_view name);                                 // missing: false
    std::uint64_t number(std::string_view name, std::uint64_t max);
    Instant moment(std::string_view name);
    std::optional<Instant> moment_if(std::string_view name);
    std::vector<std::string> texts(std::string_view name, std::size_t count_max, std::size_t each);
    std::vector<std::string> bytes_list(std::string_view name,
                                        std::size_t count_max,
                                        std::size_t each);
    std::vector<std::string> ids(std::string_view name, std::size_t count_max, char kind);
    std::vector<Grant> grants(std::string_view name);
    std::vector<std::pair<std::string, std::string>> pairs(std::string_view name);
    const boost::json::object& object(std::string_view name);
    void refuse(std::string_view name);
    // The fields of an object within this one count as this one's.
    void take(std::string_view name, const In& inner);

private:
    const boost::json::value* find(std::string_view name) const;
    const boost::json::array* list(std::string_view name, std::size_t count_max);
    const boost::json::object& object_;
    std::string bad_;
};

User user_in(In& in);  // what a new user begins with: no secrets
Group group_in(In& in);
Passkey passkey_in(In& in);
Token token_in(In& in);
Invitation invitation_in(In& in);
SavedSearch search_in(In& in);
Approval approval_in(In& in);
SignIn sign_in_in(In& in);

boost::json::value out(const std::vector<std::string>& texts);
boost::json::value out(const std::vector<Grant>& grants);
boost::json::value out(const std::vector<std::pair<std::string, std::string>>& pairs);
boost::json::object out(const User& user);
boost::json::object out(const Group& group);
boost::json::object out(const Passkey& passkey);
boost::json::object out(const Token& token);
boost::json::object out(const Invitation& invitation);
boost::json::object out(const SavedSearch& search);
boost::json::object out(const Approval& approval);
boost::json::object out(const SignIn& sign_in);
std::string as_text(const boost::json::object& object);

bool is_id(std::string_view text, char kind);
std::string new_id(char kind);

}  // namespace letopis::access
