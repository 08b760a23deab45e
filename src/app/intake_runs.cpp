// SPDX-License-Identifier: AGPL-3.0-or-later
// The runs of an import and their books: where one begins and ends, and what it settles of earlier
// ones.
#include "app/importer.hpp"
#include "app/intake.hpp"

namespace letopis::app {

Result<void> Intake::begin_run(const std::string& source) {
    if (in_run_ && run_.source == source) return {};
    TRY_DO(finish_run());
    if (const auto again = finished_.find(source); again != finished_.end()) {
        run_ = std::move(again->second);
        finished_.erase(again);
        run_.books.finished = false;
    } else {
        run_ = Run{.source = source};
        run_.books.source = source;
    }
    in_run_ = true;
    return {};
}

Result<void> Intake::finish_run(Ended ended) {
    if (!in_run_) return {};
    if (ended == Ended::whole) {
        run_.books.finished = true;
        if (const auto again = again_.find(run_.source); again != again_.end()) {
            run_.books.settles = std::move(again->second);
            again_.erase(again);
        }
        TRY(run_.books.goes_on, gone_on_with());
    }
    TRY_DO(flush());
    in_run_ = false;
    if (run_.books.refused > 0) result_.refused_runs[run_.source] = *run_.seq;
    auto source = run_.source;
    finished_.emplace(std::move(source), std::move(run_));
    return {};
}

Result<void> Intake::settle_again() {
    while (!again_.empty()) {
        TRY_DO(begin_run(again_.begin()->first));
        TRY_DO(finish_run());
    }
    return {};
}

Result<std::vector<Seq>> Intake::gone_on_with() {
    TRY(const auto unfinished, projector_.catalog().unfinished(run_.source));
    std::vector<Seq> runs;
    for (const auto& earlier : unfinished) {
        if (earlier.run == run_.seq) continue;
        TRY(const bool all, read_all_of(earlier));
        if (all) runs.push_back(earlier.run);
    }
    return runs;
}

Result<bool> Intake::read_all_of(const catalog::UnfinishedRun& earlier) {
    std::vector<Seq> contexts;
    BooksDescriptor last;
    const auto look = [&](journal::Record&& record) -> Result<bool> {
        if (record.kind != journal::Kind::books) return true;
        TRY(auto books, read_books(record.descriptor));
        if (books.run.value_or(record.seq) != earlier.run) return true;
        contexts.insert(contexts.end(), books.contexts.begin(), books.contexts.end());
        last = std::move(books);
        return true;
    };
    TRY(const auto next,
        archive_.journal().feed(earlier.run,
                                earlier.last.value() - earlier.run.value() + 1,
                                journal::Contents::skip,
                                look));
    (void)next;
    // Books of before November 2026 do not say what was read.
    if (contexts.empty()) return last.seen == last.refused;
    for (const auto seq : contexts) {
        if (run_.contexts.contains(seq)) continue;
        // A file that grew meanwhile has another context.
        TRY(const auto record, archive_.journal().read(seq, journal::Contents::skip));
        TRY(const auto context, read_context(record.descriptor));
        if (!run_.inputs.contains(context.input)) return false;
    }
    return true;
}

Result<void> Intake::write_marks() {
    for (auto& [source, run] : finished_) {
        const auto marked = marked_[source];
        if (marked == 0) continue;
        run.books.marked = marked;
        run.books.refusals.clear();
        const auto descriptor = write(run.books);
        std::vector<journal::Draft> drafts{{.type = journal::LeafType::coverage,
                                            .kind = journal::Kind::books,
                                            .descriptor = descriptor}};
        std::vector<journal::Appended> appended;
        TRY_DO(append(drafts, appended));
    }
    return {};
}

}  // namespace letopis::app
