// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstdio>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "http/shared_internal.hpp"

namespace letopis::http {

void Tally::answered(int status) {
    const std::lock_guard lock(mutex_);
    ++by_status_[status];
}

void Tally::handled(std::chrono::duration<double> time) {
    const auto bound = std::ranges::lower_bound(bounds, time.count());
    const std::lock_guard lock(mutex_);
    ++handled_[static_cast<std::size_t>(bound - bounds.begin())];
}

Counters Tally::read() const {
    Counters out;
    out.connections = connections;
    out.requests = requests;
    out.refused = refused;
    out.bytes_in = bytes_in;
    out.bytes_out = bytes_out;
    out.open_connections = open_connections;
    const std::lock_guard lock(mutex_);
    out.by_status = by_status_;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < handled_.size(); ++i) {
        sum += handled_[i];
        const auto bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
        out.seconds.emplace_back(bound, sum);
    }
    return out;
}

namespace {

// IPv4 as it is mapped into IPv6, so that there is one form.
std::optional<std::array<unsigned char, 16>> address_bytes(std::string_view text, bool& v4) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    v4 = address.is_v4();
    if (!v4) return address.to_v6().to_bytes();
    return boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

}  // namespace

bool is_address(std::string_view text) {
    bool v4 = false;
    return address_bytes(text, v4).has_value();
}

Result<Proxies> Proxies::parse(const std::vector<std::string>& addresses_and_networks) {
    Proxies out;
    for (const auto& text : addresses_and_networks) {
        const auto slash = text.find('/');
        bool v4 = false;
        const auto prefix = address_bytes(std::string_view(text).substr(0, slash), v4);
        int bits = v4 ? 32 : 128;
        if (slash != std::string::npos) {
            const auto number = text.substr(slash + 1);
            const bool digits = !number.empty() && number.size() <= 3 &&
                                number.find_first_not_of("0123456789") == std::string::npos;
            const int given = digits ? std::stoi(number) : 129;
            if (given > bits) return fail(Errc::invalid, "not a network: " + text);
            bits = given;
        }
        if (!prefix) return fail(Errc::invalid, "not an address or a network: " + text);
        out.networks_.push_back({*prefix, v4 ? bits + 96 : bits});
    }
    return out;
}

bool Proxies::trusts(std::string_view address) const {
    if (networks_.empty()) return false;
    bool v4 = false;
    const auto bytes = address_bytes(address, v4);
    if (!bytes) return false;
    return std::ranges::any_of(networks_, [&](const Network& network) {
        for (int bit = 0; bit < network.bits; ++bit) {
            const auto at = static_cast<std::size_t>(bit / 8);
            const int mask = 0x80 >> (bit % 8);
            if (((*bytes)[at] ^ network.prefix[at]) & mask) return false;
        }
        return true;
    });
}

Shared::Shared(const Options& given, Routes known)
    : options(given),
      routes(std::move(known)),
      pool(given.workers, given.limits.requests_waiting),
      id_prefix_(hex(random_bytes(4))) {}

std::string Shared::next_request_id() { return fmt::format("{}{:08x}", id_prefix_, ++last_id_); }

void Shared::failure(std::string_view what) const {
    if (options.failure) return options.failure(what);
    const std::string line = "letopis: " + std::string(what) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
}

Response Shared::problem(const Request& request, int status, std::string_view what) const {
    if (routes.problem) return routes.problem(request, status, what);
    Response response{.status = status, .body = std::string(what) + "\n"};
    response.with("Content-Type", "text/plain; charset=utf-8");
    return response;
}

std::string_view Shared::date() {
    const auto now = SystemClock().now();
    if (to_unix(now) != date_second_) {
        date_second_ = to_unix(now);
        date_ = http_date(now);
    }
    return date_;
}

}  // namespace letopis::http
