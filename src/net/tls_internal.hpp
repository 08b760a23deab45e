// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "net/tls.hpp"

namespace letopis::net {

struct TlsContext::State {
    boost::asio::ssl::context context =
        boost::asio::ssl::context(boost::asio::ssl::context::tls_server);
};

}  // namespace letopis::net
