// SPDX-License-Identifier: AGPL-3.0-or-later
#include "journal/end.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.hpp"
#include "base/mutant.hpp"
#include "crypto/crypto.hpp"

namespace letopis::journal {

namespace {
constexpr std::string_view magic = "LEND";
constexpr std::size_t number_bytes = 8, sum_bytes = 20;
constexpr std::size_t all_bytes = magic.size() + number_bytes + sum_bytes;

std::string encoded(std::uint64_t records) {
    std::string bytes(magic);
    Writer(bytes).u64(records);
    return bytes + std::string(as_bytes(crypto::sha256(bytes)).substr(0, sum_bytes));
}
}  // namespace

Result<void> write_end(const Path& archive, std::uint64_t records) {
    if (mutant("skip_end")) return {};
    const auto file = archive / end_label;
    const auto bytes = encoded(records);
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    // In one write over what was there: no moment sees a part of it.
    if (!fd || ::pwrite(fd.get(), bytes.data(), bytes.size(), 0) != ssize_t(bytes.size()))
        return tl::unexpected<Error>(system_error("cannot write " + file.string(), errno));
    return {};
}

Result<std::optional<std::uint64_t>> read_end(const Path& archive) {
    const auto bytes = read_file(archive / end_label, all_bytes);
    if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    // A power cut may leave the new file without its first bytes.
    if (bytes->find_first_not_of('\0') == std::string::npos) return std::nullopt;
    Reader in(*bytes);
    (void)in.raw(magic.size());
    const auto records = in.u64();
    if (*bytes != encoded(records))
        return fail(Errc::corrupt, std::string(end_label) + " is damaged");
    return std::optional(records);
}

}  // namespace letopis::journal
