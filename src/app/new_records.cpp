// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/new_records.hpp"

#include <fmt/format.h>

#include "app/descriptor.hpp"

namespace letopis::app {

namespace {

constexpr std::uint64_t slice = 1024;
constexpr std::size_t told = 100;

class Look {
public:
    Look(Archive& archive, Projections& projections)
        : archive_(archive), projections_(projections) {}

    Result<NewRecords> run(Seq from, Seq end) {
        indexed_ = Seq(projections_.engine->position());
        while (from < end) {
            TRY(from,
                archive_.journal().feed(from,
                                        std::min(slice, end.value() - from.value()),
                                        journal::Contents::with,
                                        [&](journal::Record&& record) -> Result<bool> {
                                            if (record.kind == journal::Kind::message &&
                                                !record.erased_by)
                                                TRY_DO(message(record));
                                            return true;
                                        }));
        }
        return std::move(out_);
    }

private:
    void problem(const std::string& where, const std::string& what) {
        if (out_.problems.size() < told) out_.problems.push_back(where + ": " + what);
    }

    Result<void> message(const journal::Record& record) {
        const auto where = fmt::format("record {}", record.seq.value());
        const auto item = read_item(record.descriptor);
        if (!item) {
            problem(where, item.error().what);
        } else if (crypto::sha256(record.content) != item->raw_sha256) {
            problem(where, "is not what came in");
        } else if (!projections_.catalog->message(record.seq)) {
            problem(where, "is not in the catalogue");
        } else if (record.seq >= indexed_) {
            problem(where, "is not in the search index");
        } else {
            ++out_.messages;
        }
        return {};
    }

    Archive& archive_;
    Projections& projections_;
    Seq indexed_;
    NewRecords out_;
};

}  // namespace

Result<NewRecords> look_at_new(Archive& archive, Seq from) {
    const Seq end(archive.journal().head().records);
    TRY(auto projections, archive.projections());
    TRY(auto found, Look(archive, projections).run(from, end));
    archive.give_back(std::move(projections));
    return found;
}

}  // namespace letopis::app
