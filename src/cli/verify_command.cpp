// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/verifier.hpp"
#include "app/views.hpp"
#include "base/mutant.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"

namespace letopis::cli {

namespace json = boost::json;

Exit run_verify(Session& session) {
    const bool bar = session.output.terminal() && !session.arguments.has("--quiet");
    const auto started = std::chrono::steady_clock::now();
    std::string head;
    if (session.arguments.has("--head")) {
        auto text =
            read_file(session.directory / session.arguments.get("--head"), ledger::note_bytes_max);
        if (!text) return report(session.output, text.error(), session.json());
        head = std::move(*text);
    }
    const auto verified = app::verify(
        session.archive,
        session.arguments.has("--deep"),
        [&](std::uint64_t bytes) {
            if (bar) session.output.note(fmt::format("\r\x1b[K{} MiB checked", bytes >> 20));
        },
        head);
    if (bar) session.output.note("\r\x1b[K");
    if (!verified) return report(session.output, verified.error(), session.json());
    const bool ok = verified->problems.empty();
    if (session.json()) {
        json::array problems, notes;
        for (const auto& problem : verified->problems)
            problems.push_back(json::object{{"where", app::json_text(problem.where)},
                                            {"what", app::json_text(problem.what)}});
        for (const auto& note : verified->notes) notes.push_back(app::json_text(note));
        session.output.print(
            json::serialize(json::object{{"ok", ok},
                                         {"records", verified->records},
                                         {"objects", verified->objects},
                                         {"bytes", verified->bytes},
                                         {"root", app::json_text(verified->root)},
                                         {"audit_root", app::json_text(verified->audit_root)},
                                         {"problems", std::move(problems)},
                                         {"notes", std::move(notes)}}) +
            "\n");
    } else {
        for (const auto& problem : verified->problems)
            session.output.print(fmt::format(
                "FAULT  {}: {}\n", terminal_safe(problem.where), terminal_safe(problem.what)));
        for (const auto& note : verified->notes)
            session.output.print(fmt::format("note   {}\n", note));
        const auto seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
        session.output.print(
            fmt::format("{} records, {} objects, {:.1f} MiB in {:.1f} s\nroot of the archive log  "
                        "{}\nroot of the access log   {}\n{}\n",
                        verified->records,
                        verified->objects,
                        static_cast<double>(verified->bytes) / (1 << 20),
                        seconds,
                        verified->root,
                        verified->audit_root,
                        ok ? "all is well" : "NOT all is well"));
    }
    session.output.flush();
    return ok ? Exit::done : Exit::fault;
}

namespace {

std::string_view before(const app::RebuiltLog& log) {
    return log.before ? "valid" : log.damaged ? "damaged" : "missing";
}

// Said plainly: whoever took records away, and the head with them, is found only with a head that
// was kept elsewhere.
void print_logs(Output& output, const std::vector<app::RebuiltLog>& logs) {
    bool compared = true;
    for (const auto& log : logs) {
        compared = compared && log.before;
        output.print(fmt::format(
            "{}: tiles made again from {} records and signed; {}\n",
            log.name,
            log.records,
            log.before
                ? fmt::format("the first {} are those that were signed before", log.before->size)
                : fmt::format("the signed head was {}, so nothing here shows whether they "
                              "are those that were signed before",
                              before(log))));
    }
    if (!compared)
        output.print(
            "Only a copy of a head that was kept outside can show it: `letopis verify "
            "--head FILE`. The access log has a record of this command.\n");
}

json::array logs_json(const std::vector<app::RebuiltLog>& logs) {
    json::array list;
    for (const auto& log : logs)
        list.push_back(json::object{{"log", app::json_text(log.name)},
                                    {"records", log.records},
                                    {"before", app::json_text(before(log))}});
    return list;
}

}  // namespace

Exit run_rebuild(Session& session) {
    const auto what =
        session.arguments.positional.empty() ? std::string() : session.arguments.positional.front();
    if (!what.empty() && what != "catalog" && what != "search" && what != "ledger")
        return report(session.output,
                      Error{Errc::invalid,
                            fmt::format("there is no projection '{}'", what),
                            "They are catalog, search and ledger."},
                      session.json());
    // Only the test-only build has another rule: a rebuild by it must find every tag where it was.
    const auto rule = mutant("thread_by_subject") ? catalog::ThreadingRule::subject_only_for_test
                                                  : catalog::ThreadingRule::standard;
    const bool bar = session.output.terminal() && !session.arguments.has("--quiet");
    const auto started = std::chrono::steady_clock::now();
    std::uint64_t records = 0;
    std::vector<app::RebuiltLog> logs;
    app::Rebuilt rebuilt;
    const auto done = [&]() -> Result<void> {
        if (what == "ledger") {
            TRY(logs, app::rebuild_ledger(session.archive, session.who));
            return {};
        }
        const auto progress = [&](std::uint64_t at, std::uint64_t all) {
            records = all;
            if (bar) session.output.note(fmt::format("\r\x1b[K{} of {} records", at, all));
        };
        TRY(rebuilt, app::rebuild(session.archive, what, rule, progress));
        return {};
    }();
    if (bar) session.output.note("\r\x1b[K");
    if (!done) return report(session.output, done.error(), session.json());
    if (!rebuilt.catalog_fault.empty())
        session.output.note(
            fmt::format("letopis: the catalogue could not be read and was made again, too ({})\n",
                        rebuilt.catalog_fault));
    const auto seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (session.json()) {
        json::object object{{"ok", true}, {"records", records}, {"seconds", seconds}};
        auto catalog = session.archive.open_catalog(catalog::Access::read);
        auto engine = session.archive.open_engine(false);
        if (catalog) {
            if (const auto digest = (*catalog)->digest())
                object["catalog"] = app::json_text(*digest);
        }
        if (engine) {
            if (const auto digest = (*engine)->digest())
                object["index"] = app::json_text(hex(*digest));
        }
        if (!logs.empty()) object["logs"] = logs_json(logs);
        session.output.print(json::serialize(object) + "\n");
    } else if (what == "ledger") {
        print_logs(session.output, logs);
    } else {
        session.output.print(fmt::format("rebuilt {} from {} records in {:.1f} s\n",
                                         what.empty() ? "catalogue, index and log" : what,
                                         records,
                                         seconds));
    }
    session.output.flush();
    return Exit::done;
}

}  // namespace letopis::cli
