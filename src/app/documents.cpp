// SPDX-License-Identifier: AGPL-3.0-or-later
#include "app/documents.hpp"

#include "workers/tool.hpp"

namespace letopis::app {

namespace {

Result<std::string> document_bytes(Archive& archive,
                                   Projector& projector,
                                   const Intake::Document& document) {
    TRY(auto record, archive.journal().read(document.record));
    if (document.locator.empty()) return std::move(record.content);
    TRY(const auto item, read_item(record.descriptor));
    TRY(const auto context, archive.journal().read(item.context, journal::Contents::skip));
    TRY(const auto facts, read_context(context.descriptor));
    return projector.workers().part(
        {.dialect = item.dialect, .context = facts.facts, .raw = std::move(record.content)},
        document.locator);
}

}  // namespace

Result<void> read_documents(Archive& archive,
                            Projector& projector,
                            const std::vector<Intake::Document>& documents,
                            const std::atomic<bool>& stop) {
    for (const auto& document : documents) {
        if (stop) break;
        auto bytes = document_bytes(archive, projector, document);
        if (!bytes)
            continue;  // the attachment cannot be cut out of a damaged mail; the mail is there and
                       // marked
        auto text = workers::pdf_text(*bytes);
        if (!text && text.error().code == Errc::not_found)
            return {};  // pdftotext is not installed: doctor says so
        if (!text) return tl::unexpected<Error>(std::move(text).error());
        const auto descriptor = write(DerivedDescriptor{.of = document.record,
                                                        .shown_in = document.shown_in,
                                                        .locator = document.locator,
                                                        .tool = text->tool,
                                                        .version = text->version,
                                                        .problem = text->problem,
                                                        .degraded = text->degraded});
        TRY(const auto owner, archive.journal().intake_key());
        journal::Draft draft{.type = journal::LeafType::derived_text,
                             .kind = journal::Kind::derived_text,
                             .descriptor = descriptor,
                             .content = text->text,
                             .owners = {owner}};
        draft.once[0] = archive.journal().once_key(text->tool + text->version,
                                                   document.locator,
                                                   journal::Kind::derived_text,
                                                   std::to_string(document.record.value()));
        TRY(const auto appended,
            archive.journal().append(std::span(&draft, 1), journal::Class::job));
        (void)appended;
    }
    TRY_DO(projector.follow());
    return projector.settle();
}

}  // namespace letopis::app
