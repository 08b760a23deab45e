// SPDX-License-Identifier: AGPL-3.0-or-later
// How often may somebody try? The part of Sessions that counts failures.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "access/sessions.hpp"
#include "base/bytes.hpp"
#include "crypto/crypto.hpp"

namespace letopis::access {

using std::chrono::ceil;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr auto account_window = minutes(15);
constexpr std::size_t account_max = 5;
constexpr std::size_t account_free = 2;  // failures without a pause after them
constexpr auto peer_window = hours(1);
constexpr std::size_t peer_max = 30;
constexpr auto everywhere_window = hours(1);
constexpr std::size_t everywhere_max = 50;
constexpr auto everywhere_pause = seconds(10);

struct Address {
    int family = AF_UNSPEC;
    std::array<unsigned char, 16> bytes{};
};

Address parsed(std::string_view peer) {
    Address address;
    const std::string text(peer.substr(0, 64));
    if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
        address.family = AF_INET;
    } else if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
        static constexpr std::array<unsigned char, 12> mapped = {
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        address.family = AF_INET6;
        if (std::equal(mapped.begin(), mapped.end(), address.bytes.begin())) {
            std::copy(address.bytes.begin() + 12, address.bytes.end(), address.bytes.begin());
            address.family = AF_INET;
        }
    }
    return address;
}

std::string printed(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(address.family, address.bytes.data(), text.data(), text.size());
    return text.data();
}

// An IPv6 host has a /64 of its own; an IPv4 host has one address.
std::string host_of(std::string_view peer) {
    const auto address = parsed(peer);
    return address.family == AF_INET ? printed(address) : network_of(peer);
}

// People type passwords into the field of the login: it is not kept as it came.
std::string hidden(std::string_view login) { return hex(crypto::sha256(login)).substr(0, 32); }

seconds until_leaves(const std::vector<Instant>& times,
                     std::size_t max,
                     seconds window,
                     Instant now) {
    return ceil<seconds>(times[times.size() - max] + window - now);
}

}  // namespace

std::string network_of(std::string_view peer) {
    auto address = parsed(peer);
    if (address.family == AF_UNSPEC) return std::string(peer.substr(0, 64));
    const bool four = address.family == AF_INET;
    std::fill(address.bytes.begin() + (four ? 3 : 8), address.bytes.end(), std::uint8_t{0});
    return printed(address) + (four ? "/24" : "/64");
}

Result<std::vector<Instant>> Sessions::attempts(std::string_view key, seconds window) {
    TRY(auto row, db_.prepare("SELECT at FROM attempt WHERE key=? AND at>? ORDER BY at"));
    row.bind(key, to_micros(clock_.now() - window));
    std::vector<Instant> times;
    for (;;) {
        TRY(const bool there, row.step());
        if (!there) return times;
        times.push_back(from_micros(row.integer(0)));
    }
}

Result<void> Sessions::note_attempt(std::string_view key) {
    return run("INSERT INTO attempt(key,at) VALUES(?,?)", key, to_micros(clock_.now()));
}

Result<std::optional<seconds>> Sessions::login_attempt(std::string_view login,
                                                       std::string_view peer) {
    const auto here = fmt::format("here|{}|{}", hidden(login), network_of(peer));
    const auto host = "host|" + host_of(peer);
    const auto everywhere = "everywhere|" + hidden(login);
    const std::lock_guard lock(mutex_);
    const auto now = clock_.now();
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY_DO(run("DELETE FROM attempt WHERE at<=?", to_micros(now - hours(24))));

    seconds wait(0);
    TRY(const auto account, attempts(here, account_window));
    if (account.size() >= account_max)
        wait = until_leaves(account, account_max, account_window, now);
    else if (account.size() > account_free)
        wait = ceil<seconds>(account.back() + seconds(1 << (account.size() - account_free)) - now);
    TRY(const auto from_host, attempts(host, peer_window));
    if (from_host.size() >= peer_max)
        wait = std::max(wait, until_leaves(from_host, peer_max, peer_window, now));
    TRY(auto known, db_.prepare("SELECT 1 FROM known WHERE key=?"));
    TRY(const bool at_home, known.bind(here).step());
    known.reset();
    if (!at_home) {
        TRY(const auto all, attempts(everywhere, everywhere_window));
        if (all.size() >= everywhere_max)
            wait = std::max(wait, ceil<seconds>(all.back() + everywhere_pause - now));
    }
    if (wait > seconds(0)) return std::optional(wait);

    for (const auto& key : {here, host}) TRY_DO(note_attempt(key));
    if (!at_home) TRY_DO(note_attempt(everywhere));
    TRY_DO(transaction.commit());
    return std::optional<seconds>();
}

Result<void> Sessions::login_succeeded(std::string_view login, std::string_view peer) {
    const auto here = fmt::format("here|{}|{}", hidden(login), network_of(peer));
    const std::lock_guard lock(mutex_);
    TRY(auto transaction, sql::Transaction::begin(db_));
    TRY_DO(run("DELETE FROM attempt WHERE key=?", here));
    // Of those who share an address only this one's last try is forgiven.
    for (const auto& key : {"host|" + host_of(peer), "everywhere|" + hidden(login)})
        TRY_DO(
            run("DELETE FROM attempt WHERE rowid=(SELECT rowid FROM attempt WHERE key=? ORDER BY "
                "at DESC LIMIT 1)",
                key));
    TRY_DO(
        run("INSERT INTO known(key,at) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET at=excluded.at",
            here,
            to_micros(clock_.now())));
    return transaction.commit();
}

}  // namespace letopis::access
