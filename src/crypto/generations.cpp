// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "crypto/generations_internal.hpp"
namespace letopis::crypto {
namespace {

constexpr std::string_view file_start = "keyring.";

Path file_of(const Path& directory, std::uint64_t generation) {
    return directory / generation_name(generation);
}

std::optional<std::uint64_t> generation_of(std::string_view name) {
    if (!name.starts_with(file_start)) return std::nullopt;
    name.remove_prefix(file_start.size());
    std::uint64_t generation = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), generation);
    if (error != std::errc{} || end != name.data() + name.size() || name[0] == '0')
        return std::nullopt;
    return generation;
}

Result<Whole> read_generation(const Path& directory, std::uint64_t generation) {
    const auto file = file_of(directory, generation);
    TRY(auto read, read_file(file, keyring_bytes_max));
    auto bytes = std::make_unique<const std::string>(std::move(read));
    auto frame = parse_frame(*bytes);
    if (!frame) return within(file.filename().string(), std::move(frame).error());
    if (frame->generation != generation)
        return fail(Errc::corrupt,
                    file.filename().string() + " holds generation " +
                        std::to_string(frame->generation) + ": it was renamed");
    return Whole{.bytes = std::move(bytes), .frame = *std::move(frame)};
}

}  // namespace

std::string generation_name(std::uint64_t generation) {
    return std::string(file_start) + std::to_string(generation);
}

Result<std::vector<std::uint64_t>> generations(const Path& directory) {
    TRY(const auto names, list_directory(directory));
    std::vector<std::uint64_t> found;
    for (const auto& name : names)
        if (const auto generation = generation_of(name)) found.push_back(*generation);
    std::ranges::sort(found, std::ranges::greater{});
    return found;
}

Result<Whole> read_newest_generation(const Path& directory) {
    for (int tries = 0; tries < 5; ++tries) {  // again when the writer replaced it meanwhile
        TRY(const auto found, generations(directory));
        if (found.empty())
            return fail(Errc::not_found,
                        "there is no keyring in " + directory.string(),
                        "Without its keyring an archive cannot be opened: put the newest "
                        "keyring.<number> back from its copy.");
        auto newest = read_generation(directory, found.front());
        if (newest) return newest;
        auto error = std::move(newest).error();
        if (error.code == Errc::not_found) continue;
        if (error.code != Errc::corrupt) return tl::unexpected<Error>(std::move(error));
        for (const auto older : std::span(found).subspan(1)) {
            if (!read_generation(directory, older)) continue;
            error.what += "; generation " + std::to_string(older) +
                          " beside it is whole but is not used, because it may hold keys that "
                          "were destroyed";
            error.hint = "Restore keyring." + std::to_string(found.front()) +
                         " from its copy. Only if there is none: move it away, and the archive "
                         "opens with generation " +
                         std::to_string(older) + "; then repeat the erasures done since.";
            break;
        }
        return tl::unexpected<Error>(std::move(error));
    }
    return fail(Errc::unavailable, "the keyring changes all the time; try again");
}

Result<void> write_generation(const Path& directory,
                              std::uint64_t generation,
                              std::string_view bytes) {
    if (bytes.size() > keyring_bytes_max)
        return fail(Errc::too_large, "the keyring would have more than 256 MiB");
    return write_file_durably(file_of(directory, generation), bytes);
}

Result<void> remove_leftovers(const Path& directory, std::uint64_t newest) {
    TRY(const auto names, list_directory(directory));
    std::vector<Path> leftovers;
    for (const auto& name : names) {
        const auto generation = generation_of(name);
        const bool older = generation && *generation < newest;
        const bool half_written = name.starts_with(file_start) && name.ends_with(".tmp");
        if (older || half_written) leftovers.push_back(directory / name);
    }
    if (leftovers.empty()) return {};
    // The newest must be there for good before the older ones go.
    TRY_DO(sync_directory(directory));
    for (const auto& leftover : leftovers) TRY_DO(remove_file(leftover));
    return sync_directory(directory);
}

KeyId random_id() {
    KeyId id;
    const auto bytes = random_bytes(id.size());
    std::copy(bytes.begin(), bytes.end(), id.begin());
    return id;
}

Result<void> prepare_change(const Path& directory, std::uint64_t generation) {
    TRY(const auto found, generations(directory));
    if (found.empty() || found.front() != generation)
        return fail(Errc::conflict,
                    "the keyring in " + directory.string() + " is not at generation " +
                        std::to_string(generation) + " any more",
                    "Another process changed it: open the archive again.");
    return remove_leftovers(directory, generation);
}

}  // namespace letopis::crypto
