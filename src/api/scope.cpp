// SPDX-License-Identifier: AGPL-3.0-or-later
#include <cstring>

#include "api/service.hpp"
#include "crypto/crypto.hpp"

namespace letopis::api {

namespace {

using text::Node;
using text::NodePtr;

NodePtr field(text::Field which, const std::string& value) {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::field;
    node->field = which;
    node->text = value;
    return node;
}

// One of them, or all of them; a list of one is itself.
NodePtr joined(Node::Kind kind, std::vector<NodePtr> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->children = std::move(parts);
    return node;
}

NodePtr taking_part(const std::vector<std::string>& addresses) {
    std::vector<NodePtr> any;
    for (const auto& address : addresses) {
        any.push_back(field(text::Field::from, address));
        any.push_back(field(text::Field::to, address));
    }
    return joined(Node::Kind::either, std::move(any));
}

NodePtr one_of(text::Field which, const std::vector<std::string>& values) {
    std::vector<NodePtr> any;
    for (const auto& value : values) any.push_back(field(which, value));
    return joined(Node::Kind::either, std::move(any));
}

// Null: the scope names nothing, so that nothing is allowed.
NodePtr filter_of(const access::Scope& scope) {
    std::vector<NodePtr> all;
    if (!scope.clients.empty()) all.push_back(taking_part(scope.clients));
    if (!scope.employees.empty()) all.push_back(taking_part(scope.employees));
    if (!scope.channels.empty()) all.push_back(one_of(text::Field::channel, scope.channels));
    if (!scope.sources.empty()) all.push_back(one_of(text::Field::source, scope.sources));
    if (scope.from || scope.until) {
        auto node = field(text::Field::after, "");
        node->from_time = scope.from;
        node->to_time = scope.until;
        all.push_back(std::move(node));
    }
    if (all.empty()) return nullptr;
    return joined(Node::Kind::both, std::move(all));
}

void describe(const Node& node, std::string& out) {
    out += static_cast<char>('a' + static_cast<int>(node.kind));
    out += static_cast<char>('a' + static_cast<int>(node.field));
    out += node.text;
    for (const auto& time : {node.from_time, node.to_time})
        out += time ? rfc3339(*time) : std::string("-");
    for (const auto& child : node.children) describe(*child, out);
    out += '\n';
}

}  // namespace

search::Scope scope_of(const access::Caller& caller) {
    if (caller.sees_all()) return search::Scope::everything();
    std::vector<NodePtr> any;
    for (const auto& scope : caller.scopes)
        if (auto filter = filter_of(scope)) any.push_back(std::move(filter));
    if (any.empty()) return search::Scope::groups({});
    const std::shared_ptr<const Node> filter = joined(Node::Kind::either, std::move(any));
    std::string description;
    describe(*filter, description);
    const auto digest = crypto::sha256(description);
    std::uint64_t version = 0;
    std::memcpy(&version, digest.data(), sizeof version);
    return search::Scope::matching(filter, version | 1);
}

}  // namespace letopis::api
