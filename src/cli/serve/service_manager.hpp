// SPDX-License-Identifier: AGPL-3.0-or-later
// What systemd is told (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names.
#pragma once

#include <string>
#include <string_view>

namespace letopis::cli {

class ServiceManager {
public:
    ServiceManager();
    // Nothing happens when nobody listens.
    void tell(std::string_view state) const;

private:
    std::string socket_;
};

}  // namespace letopis::cli
