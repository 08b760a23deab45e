// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "app/build_info.hpp"
#include "app/importer.hpp"
#include "base/check.hpp"
#include "base/mutant.hpp"

namespace letopis::app {

namespace {

// One durable append: small enough that nobody else waits long for the writer.
constexpr std::size_t batch_items = 512;
constexpr std::size_t batch_bytes = 2 << 20;
// The first batch of a kind of content is larger: a dictionary is trained from it.
constexpr std::size_t first_batch_items = 2048;
constexpr std::size_t first_batch_bytes = 8 << 20;
constexpr std::size_t refusals_kept = 10'000;

std::uint64_t first_word(const Digest& digest) {
    std::uint64_t value = 0;
    std::memcpy(&value, digest.data(), sizeof value);
    return value;
}

journal::ContentClass class_of(model::Dialect dialect) {
    switch (dialect) {
        case model::Dialect::mail:
        case model::Dialect::mail_mboxo:
        case model::Dialect::mail_mboxrd:
        case model::Dialect::mail_mboxcl2: return journal::ContentClass::mail;
        case model::Dialect::telegram_json: return journal::ContentClass::telegram;
        case model::Dialect::whatsapp_text: return journal::ContentClass::whatsapp;
        case model::Dialect::letopis_jsonl:
        case model::Dialect::letopis_csv: return journal::ContentClass::letopis;
    }
    return journal::ContentClass::plain;
}

bool is_mail(model::Dialect dialect) { return class_of(dialect) == journal::ContentClass::mail; }

bool is_pdf(std::string_view type, std::string_view name) {
    return type == "application/pdf" ||
           (name.size() > 4 && (name.ends_with(".pdf") || name.ends_with(".PDF")));
}

}  // namespace

std::uint32_t Occurrences::next(std::uint64_t hash) {
    if (hash == 0) hash = 1;
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    auto at = hash & (slots_.size() - 1);
    while (slots_[at].hash != 0 && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
    if (slots_[at].hash == 0) {
        slots_[at].hash = hash;
        ++used_;
    }
    return slots_[at].count++;
}

void Occurrences::grow() {
    std::vector<Slot> old(std::max<std::size_t>(1024, slots_.size() * 2));
    old.swap(slots_);
    for (const auto& slot : old) {
        if (slot.hash == 0) continue;
        auto at = slot.hash & (slots_.size() - 1);
        while (slots_[at].hash != 0) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = slot;
    }
}

Intake::Intake(Archive& archive,
               Projector& projector,
               ImportResult& result,
               std::map<std::string, std::vector<Seq>> again)
    : archive_(archive), projector_(projector), result_(result), again_(std::move(again)) {
    projector_.on_parsed = [this](
                               Seq seq, const ItemDescriptor& item, const model::Message& parsed) {
        if (std::ranges::any_of(parsed.marks, is_damage)) {
            ++result_.marked;
            ++marked_[source_of_context_[item.context]];
        }
        for (const auto& attachment : parsed.attachments) {
            if (attachment.encrypted || !attachment.missing.empty() ||
                !is_pdf(attachment.type, attachment.name))
                continue;
            if (attachment.sha256)
                documents_.push_back({seq, attachment.locator, std::nullopt});
            else
                messages_with_document_.emplace(
                    fmt::format("{}\n{}", item.context.value(), attachment.locator), seq);
        }
    };
}

Result<void> Intake::context(ContextDescriptor context) {
    context.build = build_name();
    context.host = archive_.identity().host;
    const auto known = contexts_.find(context.source + '\n' + context.facts);
    if (known != contexts_.end()) {
        if (known->second != context_) TRY_DO(flush());
        context_ = known->second;
        return {};
    }
    TRY_DO(flush());
    TRY(context_, append_context(context));
    contexts_.emplace(context.source + '\n' + context.facts, context_);
    source_of_context_[context_] = context.source;
    run_.contexts.insert(context_);
    run_.inputs.insert(context.input);
    return {};
}

// The books that name the context go into the same transaction: whenever the process may be killed,
// they tell what the run has begun to read.
Result<Seq> Intake::append_context(const ContextDescriptor& context) {
    const auto facts_hash = crypto::sha256(context.facts);
    const auto descriptor = write(context);
    std::vector<journal::Draft> drafts(1);
    drafts[0] = {.type = journal::LeafType::source_context,
                 .kind = journal::Kind::context,
                 .descriptor = descriptor};
    drafts[0].once[0] = archive_.journal().once_key(
        context.source, context.title, journal::Kind::context, as_bytes(facts_hash));
    // A file's own bytes lead back to its source under whatever name they come again; the first
    // source keeps them.
    if (const auto at = context.facts.find("\"sha256\":\"");
        at != std::string::npos && context.facts.size() >= at + 74) {
        const auto key = content_key(context.facts.substr(at + 10, 64));
        TRY(const auto taken, archive_.journal().find_once(key));
        if (!taken) drafts[0].once[1] = key;
    }
    const auto seq_of = [](const journal::Appended& done) {
        return done.seq ? *done.seq : *done.duplicate_of;
    };
    std::string books_descriptor;
    const auto then = [&](std::span<const journal::Appended> done) {
        auto books = run_.books;
        books.contexts = {seq_of(done[0])};
        books_descriptor = write(books);
        drafts_then_ = {{.type = journal::LeafType::coverage,
                         .kind = journal::Kind::books,
                         .descriptor = books_descriptor}};
        return drafts_then_;
    };
    std::vector<journal::Appended> appended;
    TRY_DO(append(drafts, appended, then));
    return seq_of(appended[0]);
}

journal::OnceKey Intake::content_key(std::string_view sha256) const {
    return archive_.journal().once_key("content", sha256, journal::Kind::context, {});
}

Result<std::optional<Intake::Known>> Intake::known_content(const std::string& sha256) {
    TRY(const auto seq, archive_.journal().find_once(content_key(sha256)));
    if (!seq) return std::optional<Known>();
    TRY(const auto record, archive_.journal().read(*seq, journal::Contents::skip));
    TRY(const auto context, read_context(record.descriptor));
    boost::system::error_code error;
    const auto facts = boost::json::parse(context.facts, error);
    const auto* object = error ? nullptr : facts.if_object();
    const auto* file = object == nullptr ? nullptr : object->if_contains("file");
    const auto* name = file == nullptr ? nullptr : file->if_string();
    return std::optional(
        Known{.source = context.source, .file = name == nullptr ? "" : std::string(*name)});
}

std::uint64_t Intake::count(std::string_view source, std::string_view key, const Digest& hash) {
    const auto where =
        std::hash<std::string_view>{}(source)*31 + std::hash<std::string_view>{}(key);
    return occurrences_.next(first_word(hash) ^ (where * 0x9e3779b97f4a7c15u));
}

Result<void> Intake::item(capture::Item item) {
    CHECK(in_run_);
    auto& journal = archive_.journal();
    ++result_.seen;
    ++run_.books.seen;
    Pending pending{.kind = journal::Kind::message};
    {
        const Timed timed(projector_.stages(), Stage::hash);
        pending.hash = crypto::sha256(item.raw);
        const bool mail = is_mail(item.dialect);
        const auto place = item.folder + '\n' + item.member + '\n' + item.key;
        const auto identity = mail ? place : item.key;
        const auto ordinal = count(run_.source, identity, pending.hash);
        pending.once[0] = journal.once_key(
            run_.source, identity, journal::Kind::message, as_bytes(pending.hash), ordinal);
        // Identical bytes of a mail are stored once in the whole archive; each delivery stays a
        // record.
        if (mail)
            pending.once[1] =
                journal.once_key("email", {}, journal::Kind::message, as_bytes(pending.hash));
    }
    pending.content_class = class_of(item.dialect);
    pending.item = ItemDescriptor{
        .context = context_,
        .key = std::move(item.key),
        .dialect = item.dialect,
        .position = item.position,
        .raw_size = item.raw.size(),
        .raw_sha256 = pending.hash,
        .member = std::move(item.member),
        .folder = std::move(item.folder),
        .flags = std::move(item.flags),
        .envelope = std::move(item.envelope),
        .received = item.received,
        .captured = std::chrono::floor<std::chrono::seconds>(archive_.clock().now())};
    pending.descriptor = write(pending.item);
    pending.content = std::move(item.raw);
    pending_bytes_ += pending.content.size();
    const bool first = !journal.has_dictionary(pending.content_class);
    pending_.push_back(std::move(pending));
    if (pending_.size() >= (first ? first_batch_items : batch_items) ||
        pending_bytes_ >= (first ? first_batch_bytes : batch_bytes))
        return flush();
    return {};
}

Result<void> Intake::file(const std::string& input_path,
                          const std::string& name,
                          std::string bytes,
                          std::optional<Instant> modified) {
    const auto known = context_of_input_.find(input_path);
    if (known == context_of_input_.end()) return refuse(name, "a media file without its chat");
    TRY_DO(begin_run(known->second.source));
    auto& journal = archive_.journal();
    ++result_.files;
    ++run_.books.files;
    Pending pending{.kind = journal::Kind::file};
    pending.hash = crypto::sha256(bytes);
    pending.once[0] =
        journal.once_key(known->second.source, name, journal::Kind::file, as_bytes(pending.hash));
    pending.once[1] = journal.once_key("file", {}, journal::Kind::file, as_bytes(pending.hash));
    pending.file = FileDescriptor{
        .context = known->second.context,
        .path = name,
        .size = bytes.size(),
        .sha256 = pending.hash,
        .modified = modified,
        .captured = std::chrono::floor<std::chrono::seconds>(archive_.clock().now())};
    pending.descriptor = write(pending.file);
    pending.content = std::move(bytes);
    pending_bytes_ += pending.content.size();
    pending_.push_back(std::move(pending));
    return pending_bytes_ >= batch_bytes ? flush() : Result<void>();
}

Result<void> Intake::refuse(std::string item, std::string reason) {
    CHECK(in_run_);
    ++result_.seen;
    ++result_.refused;
    ++run_.books.seen;
    ++run_.books.refused;
    if (result_.refusals.size() < refusals_kept) result_.refusals.push_back({item, reason});
    run_.books.refusals.push_back({std::move(item), std::move(reason)});
    return run_.books.refusals.size() >= 500 ? flush() : Result<void>();
}

Result<void> Intake::learn() {
    for (const auto cls : {journal::ContentClass::mail,
                           journal::ContentClass::telegram,
                           journal::ContentClass::whatsapp,
                           journal::ContentClass::letopis}) {
        if (archive_.journal().has_dictionary(cls)) continue;
        std::vector<std::string> samples;
        for (const auto& pending : pending_)
            if (pending.kind == journal::Kind::message && pending.content_class == cls)
                samples.push_back(pending.descriptor + (pending.content.size() > 4096
                                                            ? std::string()
                                                            : pending.content));
        if (samples.size() < 200) continue;
        TRY_DO(archive_.journal().learn(cls, samples));
        TRY_DO(projector_.follow());
    }
    return {};
}

Result<void> Intake::flush() {
    if (!in_run_) return {};
    if (!run_.seq) {
        const auto descriptor = write(BooksDescriptor{.source = run_.source});
        std::vector<journal::Draft> drafts{{.type = journal::LeafType::coverage,
                                            .kind = journal::Kind::books,
                                            .descriptor = descriptor}};
        std::vector<journal::Appended> appended;
        TRY_DO(append(drafts, appended));
        run_.seq = *appended[0].seq;
        run_.books.run = run_.seq;
    }
    if (pending_.empty() && run_.books.refusals.empty() && !run_.books.finished) return {};
    TRY_DO(learn());
    TRY(const auto owner, archive_.journal().intake_key());
    std::vector<journal::Draft> drafts;
    drafts.reserve(pending_.size());
    for (const auto& pending : pending_) {
        drafts.push_back({.type = pending.kind == journal::Kind::file
                                      ? journal::LeafType::object
                                      : journal::LeafType::message_event,
                          .kind = pending.kind,
                          .content_class = pending.content_class,
                          .descriptor = pending.descriptor,
                          .content = pending.content,
                          .owners = {owner},
                          .once = pending.once});
    }
    // What is here already under the same place adds nothing; the same bytes in another place are a
    // delivery. The books of the run go into the same transaction, so that they are right whenever
    // the process may be killed.
    std::vector<std::string> descriptors;
    BooksDescriptor books;
    const auto then = [&](std::span<const journal::Appended> done) {
        descriptors.clear();
        descriptors.reserve(done.size() + 1);
        books = run_.books;
        std::vector<journal::Draft> more;
        for (std::size_t i = 0; i < done.size(); ++i) {
            auto& pending = pending_[i];
            const bool message = pending.kind == journal::Kind::message;
            const bool stored = done[i].seq || mutant("count_duplicates_as_stored");
            if (message) ++(stored ? books.stored : books.duplicates);
            if (done[i].seq || done[i].duplicate_key != 1) continue;
            pending.item.of = pending.file.of = done[i].duplicate_of;
            descriptors.push_back(message ? write(pending.item) : write(pending.file));
            more.push_back(
                {.type = message ? journal::LeafType::message_event : journal::LeafType::object,
                 .kind = message ? journal::Kind::delivery : journal::Kind::file_again,
                 .content_class = pending.content_class,
                 .descriptor = descriptors.back(),
                 .owners = {owner},
                 .once = {pending.once[0], std::nullopt}});
        }
        descriptors.push_back(write(books));
        more.push_back({.type = journal::LeafType::coverage,
                        .kind = journal::Kind::books,
                        .descriptor = descriptors.back()});
        drafts_then_ = more;
        return more;
    };
    std::vector<journal::Appended> appended;
    TRY_DO(append(drafts, appended, then, pending_));
    result_.stored += books.stored - run_.books.stored;
    result_.duplicates += books.duplicates - run_.books.duplicates;
    for (std::size_t i = 0; i < pending_.size(); ++i)
        if (pending_[i].kind == journal::Kind::file && appended[i].seq &&
            is_pdf({}, pending_[i].file.path))
            document_files_.emplace(
                *appended[i].seq,
                fmt::format("{}\n{}", pending_[i].file.context.value(), pending_[i].file.path));
    run_.books = std::move(books);
    run_.books.refusals.clear();
    run_.books.settles.clear();
    run_.books.goes_on.clear();
    pending_.clear();
    pending_bytes_ = 0;
    return {};
}

Result<void> Intake::append(const std::vector<journal::Draft>& drafts,
                            std::vector<journal::Appended>& appended,
                            const journal::Journal::Then& then,
                            std::span<Pending> taken) {
    drafts_then_.clear();
    {
        const Timed timed(projector_.stages(), Stage::append);
        TRY(appended, archive_.journal().append(drafts, journal::Class::bulk, then));
    }
    std::vector<journal::Record> records;
    records.reserve(appended.size());
    for (std::size_t i = 0; i < appended.size(); ++i) {
        if (!appended[i].seq) continue;
        const auto& draft = i < drafts.size() ? drafts[i] : drafts_then_[i - drafts.size()];
        journal::Record record{.seq = *appended[i].seq,
                               .origin = draft.origin,
                               .leaf_index = appended[i].leaf_index,
                               .at = appended[i].at,
                               .type = draft.type,
                               .kind = draft.kind};
        record.has_object = draft.content.size() > 4096;
        record.descriptor = draft.descriptor;
        if (draft.kind == journal::Kind::message)
            record.content =
                i < taken.size() ? std::move(taken[i].content) : std::string(draft.content);
        records.push_back(std::move(record));
    }
    return projector_.take_appended(std::move(records));
}

std::vector<Intake::Document> Intake::documents() const {
    auto all = documents_;
    for (const auto& [file, place] : document_files_) {
        const auto message = messages_with_document_.find(place);
        all.push_back({file,
                       {},
                       message == messages_with_document_.end() ? std::nullopt
                                                                : std::optional(message->second)});
    }
    std::ranges::sort(all, {}, &Document::record);
    return all;
}

}  // namespace letopis::app
