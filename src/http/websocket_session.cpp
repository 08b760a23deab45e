// SPDX-License-Identifier: AGPL-3.0-or-later
#include "http/connection_internal.hpp"

namespace letopis::http {

net::Awaitable<Connection::Next> Connection::talk(RequestParser& parser, Response&) {
    co_return co_await refuse(parser, 501, "WebSocket is not served");
}

}  // namespace letopis::http
