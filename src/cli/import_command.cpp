// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/importer.hpp"
#include "app/views.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"

namespace letopis::cli {

namespace json = boost::json;

namespace {

// One line on a terminal, rewritten at most ten times a second; nothing elsewhere.
class Bar {
public:
    explicit Bar(Session& session)
        : output_(session.output),
          on_(session.output.terminal() && !session.arguments.has("--quiet")),
          start_(Clock::now()) {}
    ~Bar() { clear(); }
    void show(const app::ImportProgress& progress) {
        const auto now = Clock::now();
        if (!on_ || (now - last_ < std::chrono::milliseconds(100) && progress.phase == phase_))
            return;
        last_ = now;
        phase_ = progress.phase;
        const auto seconds = std::chrono::duration<double>(now - start_).count();
        std::string line = fmt::format("{:>9} items  {:>7.1f} MiB",
                                       progress.seen,
                                       static_cast<double>(progress.bytes) / (1 << 20));
        if (progress.bytes_all > 0 && progress.phase == "reading")
            line += fmt::format(
                " ({:.0f} %)",
                100.0 * static_cast<double>(std::min(progress.bytes, progress.bytes_all)) /
                    static_cast<double>(progress.bytes_all));
        if (seconds > 0.5)
            line += fmt::format("  {:.0f}/s", static_cast<double>(progress.seen) / seconds);
        output_.note(fmt::format("\r\x1b[K{}  {} {}",
                                 line,
                                 progress.phase,
                                 terminal_safe(progress.input.substr(0, 40))));
        shown_ = true;
    }
    void clear() {
        if (shown_) output_.note("\r\x1b[K");
        shown_ = false;
    }

private:
    using Clock = std::chrono::steady_clock;
    Output& output_;
    bool on_;
    bool shown_ = false;
    std::string phase_;
    Clock::time_point start_, last_{};
};

std::string result_json(const app::ImportResult& result) {
    json::array refusals;
    for (const auto& refusal : result.refusals)
        refusals.push_back(json::object{{"item", app::json_text(refusal.item)},
                                        {"reason", app::json_text(refusal.reason)}});
    return json::serialize(json::object{{"seen", result.seen},
                                        {"stored", result.stored},
                                        {"duplicates", result.duplicates},
                                        {"refused", result.refused},
                                        {"pending", result.pending},
                                        {"marked", result.marked},
                                        {"files", result.files},
                                        {"stopped", result.stopped},
                                        {"refusals", std::move(refusals)}}) +
           "\n";
}

void print_result(Session& session, const app::ImportResult& result) {
    auto& output = session.output;
    output.print(
        fmt::format("{} seen = {} stored + {} already here + {} refused{}\n",
                    result.seen,
                    result.stored,
                    result.duplicates,
                    result.refused,
                    result.pending == 0 ? "" : fmt::format(" + {} pending", result.pending)));
    if (result.files != 0) output.print(fmt::format("{} media files\n", result.files));
    if (result.marked != 0)
        output.print(fmt::format(
            "{} of the stored could not be read whole; they are kept byte for byte and marked\n",
            result.marked));
    constexpr std::size_t shown = 20;
    for (std::size_t i = 0; i < std::min(shown, result.refusals.size()); ++i)
        output.print(fmt::format("refused: {}: {}\n",
                                 terminal_safe(result.refusals[i].item),
                                 terminal_safe(result.refusals[i].reason)));
    if (result.refused > shown)
        output.print(
            fmt::format("… and {} more: letopis books --refusals\n", result.refused - shown));
    if (result.stopped) output.print("stopped; the same command goes on from here\n");
}

}  // namespace

Exit run_import(Session& session) {
    const auto& arguments = session.arguments;
    app::ImportOptions options{.source = arguments.get("--source"),
                               .zone = arguments.get("--zone"),
                               .owner = arguments.get("--owner"),
                               .date_order = arguments.get("--date-order"),
                               .documents = !arguments.has("--no-documents")};
    for (const auto& path : arguments.positional) options.paths.push_back(session.path(path));
    if (!options.date_order.empty() && options.date_order != "dmy" && options.date_order != "mdy" &&
        options.date_order != "ymd")
        return report(session.output,
                      Error{Errc::invalid, "--date-order takes dmy, mdy or ymd", {}},
                      session.json());
    Bar bar(session);
    const auto result = app::import(
        session.archive, options, session.stop, [&](const app::ImportProgress& progress) {
            bar.show(progress);
        });
    bar.clear();
    if (!result) return report(session.output, result.error(), session.json());
    if (session.json())
        session.output.print(result_json(*result));
    else
        print_result(session, *result);
    if (arguments.has("--budget")) session.output.note(result->stages + "\n");
    session.output.flush();
    return result->refused != 0 || result->stopped ? Exit::refused : Exit::done;
}

Exit run_books(Session& session) {
    auto current = make_current(session);
    if (!current) return report(session.output, current.error(), session.json());
    const auto& arguments = session.arguments;
    auto& catalog = *current->catalog;
    const auto wanted = arguments.positional.empty() ? std::string() : arguments.positional.front();
    const auto books = catalog.books(wanted);
    if (!books) return report(session.output, books.error(), session.json());
    if (!wanted.empty() && books->empty())
        return report(session.output,
                      Error{Errc::not_found,
                            fmt::format("there is no source '{}'", wanted),
                            "`letopis books` lists the sources."},
                      session.json());
    bool balanced = true;
    json::array list;
    for (const auto& source : *books) {
        balanced = balanced && source.balanced() && source.agrees();
        if (session.json()) {
            json::object object{{"source", app::json_text(source.source)},
                                {"title", app::json_text(source.title)},
                                {"channel", app::json_text(model::name(source.channel))},
                                {"seen", source.seen},
                                {"stored", source.stored},
                                {"duplicates", source.duplicates},
                                {"refused", source.refused},
                                {"pending", source.pending},
                                {"marked", source.marked},
                                {"files", source.files},
                                {"runs", source.runs},
                                {"unfinished_runs", source.unfinished_runs},
                                {"messages", source.projected},
                                {"balanced", source.balanced() && source.agrees()}};
            const auto refusals = catalog.refusals(source.source);
            if (!refusals) return report(session.output, refusals.error(), true);
            json::array refused;
            for (const auto& refusal : *refusals)
                refused.push_back(json::object{{"item", app::json_text(refusal.item)},
                                               {"reason", app::json_text(refusal.reason)}});
            object["refusals"] = std::move(refused);
            list.push_back(std::move(object));
            continue;
        }
        session.output.print(fmt::format("{}\n", terminal_safe(source.source)));
        session.output.print(fmt::format(
            "    {} seen = {} stored + {} already here + {} refused + {} pending   {}\n",
            source.seen,
            source.stored,
            source.duplicates,
            source.refused,
            source.pending,
            source.balanced() && source.agrees() ? "balanced" : "DOES NOT BALANCE"));
        if (source.marked + source.files + source.unfinished_runs != 0)
            session.output.print(
                fmt::format("    {} marked, {} media files{}\n",
                            source.marked,
                            source.files,
                            source.unfinished_runs == 0
                                ? ""
                                : ", an import was interrupted: give the same command again"));
        if (arguments.has("--refusals")) {
            const auto refusals = catalog.refusals(source.source);
            if (!refusals) return report(session.output, refusals.error(), false);
            for (const auto& refusal : *refusals)
                session.output.print(fmt::format("    refused: {}: {}\n",
                                                 terminal_safe(refusal.item),
                                                 terminal_safe(refusal.reason)));
        }
    }
    if (session.json())
        session.output.print(json::serialize(list) + "\n");
    else if (books->empty())
        session.output.print("nothing was imported yet\n");
    session.output.flush();
    return balanced ? Exit::done : Exit::fault;
}

}  // namespace letopis::cli
