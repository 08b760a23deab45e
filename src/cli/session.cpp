// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "app/descriptor.hpp"
#include "app/projector.hpp"

namespace letopis::cli {

void Output::print(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() > 65536) flush();
}

void Output::flush() {
    if (!broken_ && !buffer_.empty() && !write_all(out_, buffer_)) broken_ = true;
    buffer_.clear();
}

void Output::note(std::string_view text) {
    flush();
    (void)write_all(error_, text);
}

bool Output::terminal() const { return ::isatty(error_) != 0; }

Exit exit_of(const Error& error) {
    return error.code == Errc::invalid   ? Exit::usage
           : error.code == Errc::corrupt ? Exit::fault
                                         : Exit::unusable;
}

Exit report(Output& output, const Error& error, bool json) {
    if (json) {
        output.print(fmt::format("{{\"error\":{{\"code\":\"{}\",\"what\":{},\"hint\":{}}}}}\n",
                                 name(error.code),
                                 app::json_string(error.what),
                                 app::json_string(error.hint)));
        output.flush();
    }
    output.note(
        fmt::format("letopis: {}.{}\n", error.what, error.hint.empty() ? "" : " " + error.hint));
    return exit_of(error);
}

Exit run(Session& session) {
    const auto name = session.arguments.command->name;
    if (name == "import") return run_import(session);
    if (name == "search") return run_search(session);
    if (name == "show") return run_show(session);
    if (name == "verify") return run_verify(session);
    if (name == "rebuild") return run_rebuild(session);
    if (name == "books") return run_books(session);
    if (name == "proof") return run_proof(session);
    if (name == "export") return run_export(session);
    if (name == "tag") return run_tag(session);
    if (name == "unlock") return run_unlock(session);
    if (name == "user" || name == "role" || name == "group" || name == "token" || name == "own") {
        if (session.outside != nullptr) return session.outside->people(session);
        return report(session.output,
                      Error{Errc::unavailable,
                            "the command that has the archive open cannot change people",
                            "Wait until it is over."},
                      session.json());
    }
    return report(session.output,
                  Error{Errc::invalid, fmt::format("`{}` needs no archive", name), {}},
                  session.json());
}

namespace {
// Records that the projections have not seen and that would change them (access records do not).
Result<bool> behind(app::Archive& archive, Seq position) {
    const auto head = archive.journal().head().records;
    if (position.value() >= head) return false;
    if (head - position.value() > 4096) return true;
    return archive.journal().any_since(journal::Origin::archive, position);
}
}  // namespace

Result<app::Projections> make_current(Session& session) {
    auto& archive = session.archive;
    const auto open = [&] {
        auto projections = archive.projections();
        // Even opening needs a page beside each file.
        if (!projections && projections.error().code == Errc::no_space &&
            archive.journal().make_room())
            projections = archive.projections();
        return projections;
    };
    auto opened = open();
    if (opened) {
        TRY(const auto there, opened->catalog->position());
        TRY(const bool stale, behind(archive, std::min(there, Seq(opened->engine->position()))));
        if (!stale) return opened;
    } else if (const auto code = opened.error().code;
               code != Errc::not_found && code != Errc::unsupported && code != Errc::unfit) {
        return fail(Errc::unfit,
                    "a projection cannot be read: " + opened.error().what,
                    "Run `letopis rebuild`; nothing that was stored is lost.");
    }
    const std::unique_lock lock(archive.projecting(), std::try_to_lock);
    if (!lock) {
        session.output.note(
            "letopis: another command is bringing messages in; the newest of them are not "
            "searchable yet\n");
        return opened;
    }
    // A full disk takes nothing in, but what is there stays readable; the last of the space is for
    // the records of who reads it.
    constexpr std::uint64_t enough = 16 << 20;
    const auto space = disk_space(archive.directory());
    const auto full = [&] {
        session.output.note(
            "letopis: the disk is full; the newest messages are not searchable before some space "
            "is free\n");
    };
    if (opened && space && space->free_bytes < enough) return full(), std::move(opened);
    const bool readable = opened.has_value();
    if (readable)
        *opened = {};  // what is read while nobody writes must not be open beside a writer
    const auto caught_up = [&]() -> Result<void> {
        TRY(auto projector, app::Projector::open(archive));
        return projector->catch_up([&](std::uint64_t done, std::uint64_t all) {
            if (session.output.terminal() && !session.arguments.has("--quiet"))
                session.output.note(fmt::format(
                    "\r\x1b[Kbringing the index up to date: {} of {} records", done, all));
            if (done == all && session.output.terminal()) session.output.note("\r\x1b[K");
        });
    }();
    if (caught_up) return archive.projections();
    if (!readable || caught_up.error().code != Errc::no_space)
        return tl::unexpected<Error>(caught_up.error());
    return full(), open();
}

}  // namespace letopis::cli
