// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/catalog.hpp"

#include <fmt/format.h>

#include "catalog/answers.hpp"
#include "catalog/digest.hpp"
#include "catalog/packed_text.hpp"
#include "catalog/recorder.hpp"
#include "catalog/records.hpp"
#include "catalog/schema.hpp"
#include "catalog/store.hpp"

namespace letopis::catalog {

namespace {

class FileCatalog final : public Catalog {
public:
    FileCatalog(sql::Database db, const Options& options)
        : store_(std::move(db), options),
          records_(store_, packer_),
          recorder_(store_, packer_),
          answers_(store_, packer_, records_) {}
    ~FileCatalog() override { store_.rollback(); }
    Result<void> load() { return store_.load(); }

    Result<void> begin() override {
        if (store_.options().access == Access::read)
            return fail(Errc::forbidden, "this catalogue was opened for reading");
        if (store_.writing()) return fail(Errc::invalid, "a transaction is open already");
        TRY_DO(store_.begin());
        auto position = store_.meta("position", 0);
        if (!position) {
            store_.rollback();
            return tl::unexpected<Error>(std::move(position).error());
        }
        next_ = static_cast<std::uint64_t>(*position);
        return {};
    }
    Result<void> apply(const SourceContext& record) override {
        return in_order(record.seq, [&] { return store_.add_context(record); });
    }
    Result<void> apply(const Captured& record) override {
        return in_order(record.seq, [&] { return recorder_.add(record); });
    }
    Result<void> apply(const Delivered& record) override {
        return in_order(record.seq, [&] { return records_.add(record); });
    }
    Result<void> apply(const FileStored& record) override {
        return in_order(record.seq, [&] { return records_.add(record); });
    }
    Result<void> apply(const RunBooks& record) override {
        return in_order(record.seq, [&] { return records_.add(record); });
    }
    Result<void> apply(const Tagged& record) override {
        return in_order(record.seq, [&] { return records_.add(record); });
    }
    Result<void> apply(const DerivedText& record) override {
        return in_order(record.seq, [&] { return records_.add(record); });
    }
    Result<void> apply(const OtherRecord& record) override {
        return in_order(record.seq, [&] { return records_.add(record); });
    }
    Result<void> commit(Seq next) override {
        if (!store_.writing()) return fail(Errc::invalid, "no transaction is open");
        if (next.value() < next_)
            return fail(Errc::invalid, "the new position lies before a record that was applied");
        return store_.commit(number_of(next));
    }
    void rollback() override { store_.rollback(); }

    Result<Seq> position() override {
        TRY(const auto position, store_.meta("position", 0));
        return Seq(static_cast<std::uint64_t>(position));
    }

    Result<MessageDetail> message(Seq seq) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.message(seq);
    }
    Result<std::vector<MessageRow>> messages(std::span<const Seq> seqs, Texts texts) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.messages(seqs, texts);
    }
    Result<TextPlace> text(Seq seq) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.text(seq);
    }
    Result<ConversationPage> conversation(Seq message, const PageRequest& page) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.conversation(message, page);
    }
    Result<std::optional<Seq>> chat(std::string_view source, std::string_view key) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.chat(source, key);
    }
    Result<std::optional<Correspondent>> correspondent(model::AddressKind kind,
                                                       std::string_view address) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.correspondent(kind, address);
    }
    Result<std::vector<Correspondent>> correspondents(std::string_view part,
                                                      std::size_t limit) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.correspondents(part, limit);
    }
    Result<std::vector<std::string>> tags(Seq message) override {
        TRY(const auto scope, ReadScope::open(store_));
        TRY(const auto main, records_.message_of(number_of(message)));
        return records_.tags(main);
    }
    Result<std::vector<TagCount>> all_tags() override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.all_tags();
    }
    Result<std::vector<Seq>> tagged(std::string_view tag) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.tagged(tag);
    }
    Result<std::vector<Document>> docs_from(Seq from, std::size_t limit) override {
        TRY(const auto scope, ReadScope::open(store_));
        return answers_.docs_from(from, limit);
    }
    Result<std::optional<StoredFile>> file(Seq seq) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.file(seq);
    }
    Result<std::vector<Derived>> derived(Seq of) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.derived(of);
    }
    Result<std::optional<ContextView>> context(Seq seq) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.context(seq);
    }
    Result<std::vector<ContextView>> contexts_from(Seq from) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.contexts_from(from);
    }
    Result<std::vector<SourceBooks>> books(std::string_view source) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.books(source);
    }
    Result<std::vector<UnfinishedRun>> unfinished(std::string_view source) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.unfinished(source);
    }
    Result<std::vector<Refusal>> refusals(std::string_view source, std::size_t limit) override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.refusals(source, limit);
    }
    Result<Counts> counts() override {
        TRY(const auto scope, ReadScope::open(store_));
        return records_.counts();
    }
    Result<std::string> digest() override {
        TRY(const auto scope, ReadScope::open(store_));
        return digest_of(store_, answers_, records_);
    }

private:
    template <class Work>
    Result<void> in_order(Seq seq, Work work) {
        if (!store_.writing()) return fail(Errc::invalid, "no transaction is open");
        if (seq.value() < next_)
            return fail(Errc::invalid,
                        fmt::format("record {} comes after record {}", seq.value(), next_ - 1));
        if (auto done = work(); !done)
            return within(fmt::format("catalogue, record {}", seq.value()),
                          std::move(done).error());
        next_ = seq.value() + 1;
        return store_.keep_small();
    }

    Store store_;
    TextPacker packer_;
    Records records_;
    Recorder recorder_;
    Answers answers_;
    std::uint64_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(const Path& file,
                                               std::string_view page_key,
                                               const Options& options) {
    const bool read = options.access == Access::read;
    TRY(auto db,
        sql::Database::open(file,
                            page_key,
                            {.mode = read ? sql::Mode::read : sql::Mode::create,
                             .durability = sql::Durability::ordered,
                             .cache_kib = options.cache_kib,
                             .alone = options.alone}));
    TRY_DO(prepare_schema(db, options));
    auto catalog = std::make_unique<FileCatalog>(std::move(db), options);
    TRY_DO(catalog->load());
    return std::unique_ptr<Catalog>(std::move(catalog));
}

}  // namespace letopis::catalog
