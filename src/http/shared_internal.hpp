// SPDX-License-Identifier: AGPL-3.0-or-later
// What the connections of one server have in common. Unless a line says otherwise, it belongs to
// the thread of the network.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "http/pool_internal.hpp"
#include "http/server.hpp"
#include "net/tls.hpp"

namespace letopis::http {

// From any thread.
class Tally {
public:
    std::atomic<std::uint64_t> connections = 0, requests = 0, refused = 0;
    std::atomic<std::uint64_t> bytes_in = 0, bytes_out = 0, open_connections = 0;

    void answered(int status);
    void handled(std::chrono::duration<double> time);
    Counters read() const;

private:
    static constexpr std::array<double, 11> bounds = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10, 60};
    mutable std::mutex mutex_;
    std::map<int, std::uint64_t> by_status_;                  // mutex_
    std::array<std::uint64_t, bounds.size() + 1> handled_{};  // mutex_
};

bool is_address(std::string_view text);

class Proxies {
public:
    static Result<Proxies> parse(const std::vector<std::string>& addresses_and_networks);
    bool trusts(std::string_view address) const;

private:
    struct Network {
        std::array<unsigned char, 16> prefix;
        int bits;
    };
    std::vector<Network> networks_;
};

class Connection;

struct Shared {
    Shared(const Options& given, Routes known);

    const Options options;
    const Routes routes;
    Proxies proxies;
    boost::asio::io_context loop{1};
    Tally tally;
    bool stopping = false;
    std::set<Connection*> connections;
    std::map<std::string, std::size_t, std::less<>> connections_of_peer;
    std::size_t turned_away = 0;  // connections that only wait for their 503 to be read
    std::size_t uploads = 0;      // handlers that read one

    std::mutex mutex;
    std::condition_variable gone;                // connections became empty
    bool idle = true;                            // mutex: connections is empty
    std::shared_ptr<const net::TlsContext> tls;  // mutex

    Pool pool;  // the last: its threads end first

    std::string next_request_id();
    void failure(std::string_view what) const;  // any thread
    // Of Routes::problem, or a plain text. Any thread.
    Response problem(const Request& request, int status, std::string_view what) const;
    std::string_view date();  // for the Date header, made once a second

private:
    std::string id_prefix_;
    std::uint64_t last_id_ = 0;
    std::int64_t date_second_ = -1;
    std::string date_;
};

}  // namespace letopis::http
