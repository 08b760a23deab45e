// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "net/stream.hpp"

namespace letopis::net {

std::unique_ptr<ByteStream> make_stream(boost::asio::ip::tcp::socket socket);

}  // namespace letopis::net
