// SPDX-License-Identifier: AGPL-3.0-or-later
// How a thing that can fail in normal life says so. Nothing else in the tree names tl::expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace letopis {

// What a caller may decide on; a closed list.
enum class Errc : std::uint8_t {
    invalid,      // the input does not have the form that it must have
    not_found,    // the named thing is not there
    conflict,     // somebody else was first (stale `expect`, archive already exists)
    forbidden,    // the operating system or the rights say no
    unavailable,  // try again later (locked, deadline passed, worker died)
    no_space,     // the disk is full or below the reserve
    io,           // the disk or the pipe failed
    corrupt,      // stored bytes are not what was stored
    wrong_key,    // the key or the passphrase does not open this
    too_large,    // over a stated limit
    unsupported,  // newer version, or a format that is known and refused by name
    cancelled,    // the user asked to stop
    unfit,        // the archive or the installation cannot be used as it is
};

struct Error {
    Errc code;
    std::string what;  // what happened, for the operator; no message text, no secrets
    std::string hint;  // what to do, for the user; may be empty
};

template <class T>
struct [[nodiscard]] Result : tl::expected<T, Error> {  // a plain alias would lose [[nodiscard]]
    using Base = tl::expected<T, Error>;
    using Base::Base;
    Result(Base base) : Base(std::move(base)) {}
};

inline auto fail(Errc code, std::string what, std::string hint = {}) {
    return tl::unexpected<Error>(Error{code, std::move(what), std::move(hint)});
}

// The same error with the place it happened in front: within("shard 000042", std::move(error)).
inline auto within(std::string_view where, Error error) {
    error.what = std::string(where) + ": " + error.what;
    return tl::unexpected<Error>(std::move(error));
}

std::string_view name(Errc code);  // "not_found", for logs and JSON

}  // namespace letopis

#define TRY_CAT_(a, b) a##b
#define TRY_NAME_(n) TRY_CAT_(try_, n)
#define TRY_IMPL_(exit, tmp, decl, ...)                                      \
    auto tmp = (__VA_ARGS__);                                                \
    if (!tmp) exit tl::unexpected<::letopis::Error>(std::move(tmp).error()); \
    decl = *std::move(tmp)
#define TRY(decl, ...) TRY_IMPL_(return, TRY_NAME_(__COUNTER__), decl, __VA_ARGS__)

// The same for a Result<void>, or where the value is of no interest: TRY_DO(file.sync());
#define TRY_DO_IMPL_(tmp, ...)                                               \
    do {                                                                     \
        if (auto tmp = (__VA_ARGS__); !tmp)                                  \
            return tl::unexpected<::letopis::Error>(std::move(tmp).error()); \
    } while (false)
#define TRY_DO(...) TRY_DO_IMPL_(TRY_NAME_(__COUNTER__), __VA_ARGS__)
