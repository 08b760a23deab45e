// SPDX-License-Identifier: AGPL-3.0-or-later
#include "ledger/head_internal.hpp"

namespace letopis::ledger {

namespace {

constexpr const char* rebuild_hint = "Run `letopis rebuild ledger`.";

Result<Checkpoint> parse_head(std::string_view note, const LogOptions& options) {
    const auto gap = note.rfind("\n\n");
    if (gap == std::string_view::npos) return fail(Errc::invalid, "not a signed note");
    TRY(auto head,
        options.key ? verify_checkpoint(note, *options.key)
                    : parse_checkpoint(note.substr(0, gap + 1)));
    if (head.origin != options.origin.name)
        return fail(Errc::corrupt, "the head of the log " + head.origin);
    return head;
}

}  // namespace

Result<std::optional<SignedHead>> read_head(Disk& disk, const LogOptions& options) {
    const auto path = options.directory / "checkpoint";
    auto note = disk.read(path, note_bytes_max);
    if (!note && note.error().code == Errc::not_found) return std::optional<SignedHead>();
    if (!note && note.error().code != Errc::too_large)
        return tl::unexpected<Error>(std::move(note).error());
    auto head = note ? parse_head(*note, options) : fail(Errc::invalid, "too large");
    if (!head) return fail(Errc::corrupt, path.string() + ": " + head.error().what, rebuild_hint);
    return std::optional<SignedHead>({*std::move(note), *std::move(head)});
}

Result<void> write_head(Disk& disk, const LogOptions& options, const std::string& note) {
    const auto path = options.directory / "checkpoint";
    const Path temporary = path.string() + ".tmp";
    TRY_DO(disk.make_directories(options.directory));
    TRY_DO(disk.write(temporary, note));
    TRY_DO(disk.sync(temporary));
    TRY_DO(disk.rename(temporary, path));
    return disk.sync_directory(options.directory);
}

tl::unexpected<Error> tiles_damaged(const LogOptions& options) {
    return fail(Errc::corrupt,
                options.directory.string() + ": the tiles do not match the signed head",
                rebuild_hint);
}

}  // namespace letopis::ledger
