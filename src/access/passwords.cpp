// SPDX-License-Identifier: AGPL-3.0-or-later
#include "access/passwords.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <leaked_passwords.hpp>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/files.hpp"

namespace letopis::access {
namespace {

constexpr std::size_t points_min = 12;
constexpr std::size_t points_max = 128;
constexpr std::size_t bytes_max = points_max * 4;
constexpr std::size_t signs_around_max = 6;

// The same password typed on another system may come as other code points (й as one or as two): the
// composed form is what is hashed.
std::optional<std::string> mapped(std::string_view text, int options) {
    if (text.size() > bytes_max) return std::nullopt;
    utf8proc_uint8_t* out = nullptr;
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()),
                                   &out,
                                   static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(out, std::free);
    if (size < 0) return std::nullopt;
    std::string result(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
    sodium_memzero(out, static_cast<std::size_t>(size));
    return result;
}
std::optional<std::string> composed(std::string_view text) {
    return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}
std::optional<std::string> folded(std::string_view text) {
    return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

std::size_t code_points(std::string_view valid) {
    return static_cast<std::size_t>(std::count_if(valid.begin(), valid.end(), [](char c) {
        return (static_cast<unsigned>(c) & 0xc0) != 0x80;
    }));
}

bool is_leaked(std::string_view word) {
    const auto hashes = leaked_password_hashes();
    return std::binary_search(hashes.begin(), hashes.end(), leaked_password_hash(word));
}

bool is_sign(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x80 && !(byte >= 'a' && byte <= 'z');
}

std::string_view without_signs_around(std::string_view text) {
    std::size_t left = signs_around_max;
    while (left > 0 && !text.empty() && is_sign(text.back())) text.remove_suffix(1), --left;
    while (left > 0 && !text.empty() && is_sign(text.front())) text.remove_prefix(1), --left;
    return text;
}

bool is_one_piece_repeated(std::string_view with_gaps) {
    std::string text(with_gaps);
    std::erase_if(text, [](char c) { return c == ' ' || c == '-' || c == '_' || c == '.'; });
    for (std::size_t size = 1; size <= text.size() / 2; ++size)
        if (text.size() % size == 0 && std::string_view(text).substr(size) ==
                                           std::string_view(text).substr(0, text.size() - size))
            return true;
    return false;
}

// 123456789012, zyxwvutsrqpo, and those that go round (…8901…).
bool is_in_order(std::string_view text) {
    for (const int step : {1, -1}) {
        bool all = true;
        for (std::size_t i = 1; all && i < text.size(); ++i) {
            const int by = text[i] - text[i - 1];
            all = by == step || (by == -9 * step && (text[i] == '0' || text[i] == '9'));
        }
        if (all) return true;
    }
    return false;
}

bool is_mostly(std::string_view text, std::string_view word) {
    const auto known = folded(word);
    if (!known || code_points(*known) < 3) return false;
    const auto at = text.find(*known);
    return at != std::string_view::npos && code_points(text) - code_points(*known) < 8;
}

auto refused(std::string_view hint) {
    return fail(Errc::invalid, "the password is refused", std::string(hint));
}

std::string text_that_nothing_leads_to(PasswordCost cost) {
    const auto unpadded = [](std::string text) {
        text.erase(std::find(text.begin(), text.end(), '='), text.end());
        return text;
    };
    return fmt::format("$argon2id$v=19$m={},t={},p=1${}${}",
                       cost.memory_kib,
                       cost.passes,
                       unpadded(base64(random_bytes(16))),
                       unpadded(base64(random_bytes(32))));
}

}  // namespace

Result<void> acceptable(std::string_view password, const PasswordOwner& owner) {
    const auto text = folded(password), exact = composed(password);
    if (!text || !exact) return refused("at most 128 letters, digits and signs");
    const auto points = code_points(*exact);
    if (points < points_min) return refused("at least 12 letters, digits or signs");
    if (points > points_max) return refused("at most 128 letters, digits and signs");
    if (is_leaked(*text) || is_leaked(*exact) || is_leaked(without_signs_around(*text)))
        return refused("this is among the passwords that everybody tries first");
    if (is_one_piece_repeated(*text)) return refused("one piece that is repeated is guessed soon");
    if (is_in_order(*text)) return refused("letters or digits in their order are guessed soon");
    if (is_mostly(*text, owner.login) || is_mostly(*text, owner.company))
        return refused("the login and the company's name are guessed soon");
    return {};
}

// A place among the computations that run; waits for one.
class Passwords::Turn {
public:
    static Result<Turn> take(Passwords& of) {
        std::unique_lock lock(of.mutex_);
        if (of.running_ >= password_runs_max) {
            if (of.waiting_ >= password_queue_max)
                return fail(Errc::unavailable,
                            "too many passwords are being checked",
                            "try again in a few seconds");
            ++of.waiting_;
            of.free_.wait(lock, [&] { return of.running_ < password_runs_max; });
            --of.waiting_;
        }
        ++of.running_;
        return Turn(of);
    }
    Turn(Turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
        if (of_ == nullptr) return;
        {
            const std::lock_guard lock(of_->mutex_);
            --of_->running_;
        }
        of_->free_.notify_one();
    }

private:
    explicit Turn(Passwords& of) : of_(&of) {}
    Passwords* of_;
};

Passwords::Passwords(PasswordCost cost) : cost_(cost), nobody_(text_that_nothing_leads_to(cost)) {
    CHECK(sodium_init() >= 0);
}

Result<std::string> Passwords::hash(std::string_view password) {
    auto text = composed(password);
    if (!text || code_points(*text) > points_max) return refused("at most 128 letters and signs");
    TRY([[maybe_unused]] const auto turn, Turn::take(*this));
    std::array<char, crypto_pwhash_STRBYTES> out{};
    const int done = crypto_pwhash_str_alg(out.data(),
                                           text->data(),
                                           text->size(),
                                           cost_.passes,
                                           std::size_t{cost_.memory_kib} * 1024,
                                           crypto_pwhash_ALG_ARGON2ID13);
    sodium_memzero(text->data(), text->size());
    if (done != 0) return fail(Errc::unavailable, "no memory to hash a password");
    return std::string(out.data());
}

Result<Passwords::Answer> Passwords::verify(std::string_view kept, std::string_view password) {
    // Whatever cannot be a password is still compared with something, for the same time.
    auto text = composed(password);
    const bool possible = text && code_points(*text) <= points_max && !kept.empty() &&
                          kept.size() < crypto_pwhash_STRBYTES;
    const std::string stored = possible ? std::string(kept) : nobody_;
    if (!possible) text = "nobody";
    TRY([[maybe_unused]] const auto turn, Turn::take(*this));
    Answer answer;
    answer.right = crypto_pwhash_str_verify(stored.c_str(), text->data(), text->size()) == 0;
    sodium_memzero(text->data(), text->size());
    answer.outdated = answer.right &&
                      crypto_pwhash_str_needs_rehash(
                          stored.c_str(), cost_.passes, std::size_t{cost_.memory_kib} * 1024) != 0;
    return answer;
}

}  // namespace letopis::access
