// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "app/build_info.hpp"
#include "app/descriptor.hpp"
#include "app/socket.hpp"
#include "cli/main.hpp"
#include "cli/session.hpp"
#include "workers/tool.hpp"
#include "workers/workers.hpp"

namespace letopis::cli {

namespace {

Result<std::string> init(const Arguments& arguments, Output& output) {
    // `letopis init DIR` and `letopis --archive DIR init` are the same.
    auto with_directory = arguments;
    if (!arguments.positional.empty())
        with_directory.options["--archive"] = arguments.positional.front();
    TRY(const auto directory, archive_directory(with_directory));
    app::CreateOptions options{.host = arguments.get("--host"), .disk_reserve_bytes = std::nullopt};
    if (arguments.has("--disk-reserve")) {
        TRY(options.disk_reserve_bytes,
            arguments.number("--disk-reserve", 0, std::uint64_t(1) << 50));
    }
    auto key_directory = directory;
    if (key_directory.filename().empty()) key_directory = key_directory.parent_path();
    crypto::Unlock unlock;
    std::string generated;
    if (arguments.has("--passphrase-file")) {
        TRY(unlock, unlock_of(arguments, directory, false));
    } else {
        const char* environment = std::getenv("LETOPIS_KEY_FILE");
        unlock.key_file = arguments.get(
            "--key-file", environment == nullptr ? key_directory.string() + ".key" : environment);
        if (!std::filesystem::exists(*unlock.key_file)) {
            TRY_DO(crypto::create_key_file(*unlock.key_file));
            generated = unlock.key_file->string();
        }
    }
    std::string sheet;
    const SystemClock clock;
    if (auto made = app::Archive::create(directory, unlock, options, clock, &sheet); !made) {
        if (!generated.empty()) (void)remove_file(generated);
        return tl::unexpected<Error>(std::move(made).error());
    }
    if (arguments.has("--json")) {
        output.print(
            fmt::format("{{\"archive\":{},\"key_file\":{},\"recovery_sheet\":{}}}\n",
                        app::json_string(directory.string()),
                        unlock.key_file ? app::json_string(unlock.key_file->string()) : "null",
                        app::json_string(sheet)));
        return std::string();
    }
    output.print(fmt::format("archive made in {}\n", directory.string()));
    if (!generated.empty())
        output.print(
            fmt::format("key file made:  {}\n\nWARNING: whoever has this key file and the archive "
                        "can read everything; who loses it and the sheet\nbelow can read nothing, "
                        "ever. Keep the key file apart from the archive and its backups.\n",
                        generated));
    output.print(
        fmt::format("\nRecovery sheet. Print it, keep it in a safe, and do not store it on this "
                    "machine:\n\n{}\n",
                    sheet));
    return std::string();
}

Result<void> recover(const Arguments& arguments, Output& output) {
    TRY(const auto directory, archive_directory(arguments));
    TRY_DO(app::read_identity(directory));
    if (!arguments.has("--key-file") && !arguments.has("--passphrase-file"))
        return fail(Errc::invalid,
                    "the new key is not named",
                    "Give --key-file FILE (a new file) or --passphrase-file FILE.");
    auto lock = app::Lock::take(directory);
    if (!lock) return within("the archive is in use", std::move(lock).error());
    const auto& source = arguments.positional.front();
    TRY(const auto sheet, read_file(source == "-" ? Path("/dev/stdin") : Path(source), 64 * 1024));
    TRY(auto keyring, crypto::Keyring::open_with_recovery(directory, sheet));
    if (arguments.has("--key-file") && !std::filesystem::exists(arguments.get("--key-file")))
        TRY_DO(crypto::create_key_file(arguments.get("--key-file")));
    TRY(const auto unlock, unlock_of(arguments, directory, false));
    TRY_DO(keyring->change_unlock(unlock, SystemClock().now()));
    output.print("the archive has its new key; the recovery sheet stays the same\n");
    return {};
}

std::uint64_t swap_kib() {
    std::ifstream file("/proc/meminfo");
    std::string name, unit;
    std::uint64_t value = 0;
    while (file >> name >> value >> unit)
        if (name == "SwapTotal:") return value;
    return 0;
}

}  // namespace

Exit run_init(const Arguments& arguments, Output& output) {
    const auto done = init(arguments, output);
    if (done) return Exit::done;
    report(output, done.error(), arguments.has("--json"));
    return done.error().code == Errc::invalid ? Exit::usage : Exit::unusable;
}

Exit run_recover(const Arguments& arguments, Output& output) {
    const auto done = recover(arguments, output);
    if (done) return Exit::done;
    report(output, done.error(), arguments.has("--json"));
    return done.error().code == Errc::invalid ? Exit::usage : Exit::unusable;
}

Exit run_doctor(const Arguments& arguments, Output& output) {
    int wrong = 0;
    const auto say = [&](bool good, std::string_view what, std::string_view advice) {
        if (!good) ++wrong;
        output.print(
            fmt::format("{}  {}{}\n",
                        good ? "ok     " : "PROBLEM",
                        what,
                        good || advice.empty() ? "" : fmt::format("\n         {}", advice)));
    };
    output.print(fmt::format("{}\n", app::build_name()));
    const auto binary = workers::find_letopis_parse();
    say(binary.has_value(),
        "letopis-parse, the sandboxed reader",
        "Install it beside letopis, or set LETOPIS_PARSE to its path.");
    if (binary) {
        auto workers = workers::Workers::start(*binary, 1);
        const extract::Job job{.dialect = model::Dialect::mail,
                               .context = "",
                               .raw = "Subject: =?koi8-r?B?8NLJ18XU?=\n\nhello\n"};
        const auto parsed =
            workers ? (*workers)->parse(std::span(&job, 1))
                    : Result<std::vector<model::Message>>(tl::unexpected<Error>(workers.error()));
        say(parsed && parsed->front().subject == "Привет",
            "a mail is read inside the sandbox",
            parsed ? "its answer is wrong" : parsed.error().what);
    }
    const auto tool = workers::pdf_text("%PDF-1.4\n");
    say(tool.has_value(),
        "pdftotext, for the words in PDF attachments",
        "Install poppler-utils and bubblewrap.");
    if (tool && tool->degraded)
        output.print(
            "note     programs run without name spaces here: their limits still hold, their view "
            "of files does not\n");
    if (swap_kib() != 0)
        output.print(
            "note     this machine swaps; keys are locked in memory, but other pages may reach the "
            "swap: encrypt it\n");
    const auto directory = archive_directory(arguments);
    if (directory) {
        const auto identity = app::read_identity(*directory);
        say(identity.has_value(),
            fmt::format("archive in {}", directory->string()),
            identity ? "" : identity.error().what);
        if (identity) {
            const auto space = disk_space(*directory);
            const auto reserve = identity->disk_reserve_bytes.value_or(
                space ? std::max<std::uint64_t>(std::uint64_t(1) << 30, space->total_bytes / 50)
                      : 0);
            if (space)
                say(space->free_bytes > reserve,
                    fmt::format("disk: {} MiB free, reserve {} MiB",
                                space->free_bytes >> 20,
                                reserve >> 20),
                    "New messages are refused below the reserve: free some space.");
            auto lock = app::Lock::take(*directory);
            if (!lock) {
                output.print("note     another process has the archive open\n");
            } else {
                const SystemClock clock;
                const auto unlock = unlock_of(arguments, *directory, true);
                auto archive =
                    unlock ? app::Archive::open(*directory, *unlock, clock, std::move(*lock))
                           : Result<std::unique_ptr<app::Archive>>(
                                 tl::unexpected<Error>(unlock.error()));
                say(archive.has_value(),
                    "the archive opens with its key",
                    archive ? "" : archive.error().what + ". " + archive.error().hint);
                if (archive) {
                    say(clock.now() <= (*archive)->keyring().rotation_due(),
                        "epoch key younger than 30 days",
                        "It is made anew when the archive opens, and could not be written: look at "
                        "the room on the disk and the rights of the folder.");
                    const auto logs = (*archive)->check_logs();
                    say(logs.has_value(),
                        "signed heads of the logs",
                        logs ? "" : logs.error().what + ". " + logs.error().hint);
                    auto catalog = (*archive)->open_catalog(catalog::Access::read);
                    say(catalog.has_value() || catalog.error().code == Errc::not_found,
                        "catalogue",
                        catalog ? "" : catalog.error().what + "; run `letopis rebuild catalog`");
                    auto engine = (*archive)->open_engine(false);
                    say(engine.has_value() || engine.error().code == Errc::not_found,
                        "index",
                        engine ? "" : engine.error().what + "; run `letopis rebuild search`");
                    if (engine)
                        output.print(fmt::format(
                            "note     {} records, {} messages in the index, {} index files\n",
                            (*archive)->journal().head().records,
                            (*engine)->docs(),
                            (*engine)->shards().size()));
                }
            }
        }
    } else {
        output.print("note     no archive was named; --archive DIR checks one too\n");
    }
    output.print(wrong == 0 ? "nothing is wrong\n"
                            : fmt::format("{} problem{}\n", wrong, wrong == 1 ? "" : "s"));
    return wrong == 0 ? Exit::done : Exit::unusable;
}

Exit run_unlock(Session& session) {
    if (session.served) {
        session.output.print("the archive is open already\n");
        return Exit::done;
    }
    auto text = session.arguments.get("--for", "15m");
    std::uint64_t unit = 0;
    switch (text.empty() ? ' ' : text.back()) {
        case 's': unit = 1; break;
        case 'm': unit = 60; break;
        case 'h': unit = 3600; break;
        default: break;
    }
    const auto count = unit == 0 ? 0 : std::strtoull(text.c_str(), nullptr, 10);
    if (count == 0 || count * unit > 7 * 24 * 3600)
        return report(
            session.output,
            Error{Errc::invalid, "--for takes a time like 30s, 15m or 2h, at most a week", {}},
            session.json());
    const auto recorded = session.archive.record_access(
        journal::Kind::unlocked, app::open_descriptor(session.who, "unlock for " + text, {}));
    if (!recorded) return report(session.output, recorded.error(), session.json());
    session.output.print(fmt::format("unlocked for {}; `letopis lock` ends it\n", text));
    session.output.flush();
    if (session.ready) session.ready();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(count * unit);
    while (!session.stop && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return Exit::done;
}

}  // namespace letopis::cli
