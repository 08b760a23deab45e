// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include "app/descriptor.hpp"
#include "app/views.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "workers/workers.hpp"

namespace letopis::cli {

namespace json = boost::json;

namespace {

std::string header_lines(const catalog::MessageDetail& detail) {
    const auto& m = detail.parsed;
    std::string text;
    const auto line = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) text += fmt::format("{:>12}  {}\n", name, terminal_safe(value));
    };
    line("id",
         fmt::format(
             "{}  ({}{})",
             detail.seq.value(),
             model::name(m.channel),
             m.event == model::Event::message ? "" : fmt::format(", {}", model::name(m.event))));
    line("date",
         rfc3339(detail.sort_date) +
             (m.zone_assumed ? "  (the source gave local time; its zone is assumed)" : ""));
    std::size_t listed = 0;
    for (const auto& party : m.parties) {
        if (++listed > 30) break;
        const auto shown = app::show_party(party);
        line(model::name(party.role),
             shown == party.address ? shown
             : party.kind == model::AddressKind::email
                 ? shown
                 : fmt::format("{} ({})", shown, party.address));
    }
    if (m.parties.size() > 30) line("", fmt::format("… and {} more", m.parties.size() - 30));
    line("subject", m.subject);
    line("action", m.action);
    line("chat", detail.conversation_title);
    line("conversation", fmt::format("c{}", detail.conversation.first.value()));
    if (detail.reply_to)
        line("answers", std::to_string(detail.reply_to->value()));
    else
        line("answers",
             detail.reply_to_id.empty() ? "" : detail.reply_to_id + " (not in the archive)");
    line("folder", detail.folder);
    line("source", detail.source);
    for (const auto& view : detail.attachments) {
        const auto& a = view.attachment;
        line("attachment",
             fmt::format(
                 "{}  {}  {}{}{}",
                 a.name.empty() ? "(no name)" : a.name,
                 a.type,
                 a.missing.empty() ? fmt::format("{} bytes", a.size) : "missing: " + a.missing,
                 a.locator.empty() || !a.sha256 ? "" : fmt::format("  --part {}", a.locator),
                 view.file ? fmt::format("  file {}", view.file->value()) : ""));
    }
    std::string marks, tags;
    for (const auto& mark : m.marks) marks += (marks.empty() ? "" : ", ") + mark;
    for (const auto& tag : detail.tags) tags += (tags.empty() ? "" : ", ") + tag;
    line("marks", m.mark_detail.empty() ? marks : marks + ": " + m.mark_detail);
    line("tags", tags);
    if (detail.deleted_at) line("deleted", "withdrawn in its channel; the content is kept");
    for (const auto& version : detail.versions)
        line("version",
             fmt::format("{} stored {}{}",
                         version.seq.value(),
                         rfc3339(version.at),
                         version.current ? " (current)" : ""));
    for (const auto& delivery : detail.deliveries)
        line("also in", fmt::format("{} {} {}", delivery.source, delivery.folder, delivery.member));
    if (detail.twin_of) line("copy of", std::to_string(detail.twin_of->value()));
    return text;
}

Result<void> write_raw(Session& session, Seq seq) {
    TRY(const auto record, session.archive.journal().read(seq));
    if (record.erased_by)
        return fail(Errc::not_found,
                    fmt::format("the content of {} was erased by order {}",
                                seq.value(),
                                record.erased_by->value()));
    if (record.kind == journal::Kind::delivery || record.kind == journal::Kind::file_again) {
        TRY(const auto item, app::read_item(record.descriptor));
        if (item.of) return write_raw(session, *item.of);
    }
    if (record.kind != journal::Kind::message && record.kind != journal::Kind::file)
        return fail(Errc::not_found,
                    fmt::format("record {} is no message and no file ({})",
                                seq.value(),
                                journal::name(record.kind)));
    session.output.print(record.content);
    return {};
}

Result<void> write_part(Session& session, Seq seq, const std::string& locator) {
    TRY(auto record, session.archive.journal().read(seq));
    if (record.kind != journal::Kind::message || record.erased_by)
        return fail(Errc::not_found, fmt::format("record {} is no message", seq.value()));
    TRY(const auto item, app::read_item(record.descriptor));
    TRY(const auto context_record,
        session.archive.journal().read(item.context, journal::Contents::skip));
    TRY(const auto context, app::read_context(context_record.descriptor));
    TRY(const auto binary, workers::find_letopis_parse());
    TRY(auto workers, workers::Workers::start(binary, 1));
    TRY(const auto bytes,
        workers->part(
            {.dialect = item.dialect, .context = context.facts, .raw = std::move(record.content)},
            locator));
    session.output.print(bytes);
    return {};
}

Result<void> show_message(Session& session, catalog::Catalog& catalog, Seq seq, json::array* list) {
    auto detail = catalog.message(seq);
    if (!detail && detail.error().code == Errc::not_found)
        return fail(Errc::not_found,
                    fmt::format("there is no message {}", seq.value()),
                    "Ids are the numbers that `letopis search` prints.");
    if (!detail) return tl::unexpected<Error>(std::move(detail).error());
    TRY(const auto text, app::text_of(session.archive, catalog, seq));
    if (list != nullptr) {
        list->push_back(app::detail_json(*detail, text));
    } else if (session.arguments.has("--text")) {
        session.output.print(terminal_safe(text) + "\n");
    } else {
        session.output.print(header_lines(*detail) + "\n" + terminal_safe(text) + "\n");
    }
    return {};
}

Result<void> show_conversation(Session& session,
                               catalog::Catalog& catalog,
                               Seq seq,
                               json::array* list) {
    catalog::PageRequest request{.limit = 500};
    bool first = true;
    for (;;) {
        TRY(const auto page, catalog.conversation(seq, request));
        if (first && list == nullptr)
            session.output.print(fmt::format("{}  {} messages, {} – {}\n\n",
                                             terminal_safe(page.title),
                                             page.messages,
                                             rfc3339(page.first_date).substr(0, 10),
                                             rfc3339(page.last_date).substr(0, 10)));
        first = false;
        std::vector<Seq> seqs;
        for (const auto& item : page.items) seqs.push_back(item.seq);
        TRY(const auto rows, catalog.messages(seqs));
        for (const auto& row : rows) {
            TRY(const auto text, app::text_of(session.archive, catalog, row.current));
            if (list != nullptr) {
                auto object = app::row_json(row);
                object["text"] = app::json_text(text);
                list->push_back(std::move(object));
            } else {
                session.output.print(
                    fmt::format("{:>8}  {}  {}{}\n{}\n\n",
                                row.seq.value(),
                                rfc3339(row.date).substr(0, 16),
                                terminal_safe(app::show_party(row.from)),
                                row.subject.empty() ? "" : "  " + terminal_safe(row.subject),
                                terminal_safe(text)));
            }
        }
        if (!page.more_after || page.items.empty()) return {};
        request.after = page.items.back().seq;
    }
}

Result<void> show_correspondent(Session& session,
                                catalog::Catalog& catalog,
                                const std::string& wanted,
                                json::array* list) {
    TRY(const auto found, catalog.correspondents(wanted, 20));
    if (found.empty())
        return fail(Errc::not_found,
                    fmt::format("nobody here has '{}' in an address or a name", wanted));
    for (const auto& person : found) {
        std::string names;
        json::array seen;
        for (const auto& name : person.names) {
            names += (names.empty() ? "" : ", ") + name.name;
            seen.push_back(
                json::object{{"name", app::json_text(name.name)}, {"count", name.count}});
        }
        if (list != nullptr)
            list->push_back(json::object{{"kind", app::json_text(model::name(person.kind))},
                                         {"address", app::json_text(person.address)},
                                         {"messages", person.messages},
                                         {"names", std::move(seen)}});
        else
            session.output.print(fmt::format("{:>8} messages  {}  {}\n",
                                             person.messages,
                                             terminal_safe(person.address),
                                             terminal_safe(names)));
    }
    return {};
}

Result<void> show_one(Session& session,
                      catalog::Catalog& catalog,
                      const std::string& wanted,
                      json::array* list) {
    if (wanted.size() > 1 && wanted[0] == 'c' &&
        wanted.find_first_not_of("0123456789", 1) == std::string::npos) {
        TRY(const auto seq, app::parse_id(wanted.substr(1)));
        return show_conversation(session, catalog, seq, list);
    }
    if (wanted.find_first_not_of("0123456789") != std::string::npos)
        return show_correspondent(session, catalog, wanted, list);
    TRY(const auto seq, app::parse_id(wanted));
    return show_message(session, catalog, seq, list);
}

Result<void> show(Session& session) {
    const auto& arguments = session.arguments;
    std::vector<Seq> ids;
    for (const auto& wanted : arguments.positional)
        if (const auto id = app::parse_id(wanted)) ids.push_back(*id);
    std::string what;
    for (const auto& wanted : arguments.positional) what += (what.empty() ? "" : " ") + wanted;
    const bool raw = arguments.has("--raw"), part = arguments.has("--part");
    app::Projections current;
    if (!raw && !part) {
        TRY(current, make_current(session));
    }
    TRY(const auto recorded,
        session.archive.record_access(journal::Kind::open,
                                      app::open_descriptor(session.who, what, ids)));
    (void)recorded;
    json::array list;
    for (const auto& wanted : arguments.positional) {
        if (raw || part) {
            TRY(const auto seq, app::parse_id(wanted));
            TRY_DO(raw ? write_raw(session, seq)
                       : write_part(session, seq, arguments.get("--part")));
        } else {
            TRY_DO(show_one(session, *current.catalog, wanted, session.json() ? &list : nullptr));
        }
    }
    if (session.json() && !raw && !part) {
        const bool one = list.size() == 1 && arguments.positional.size() == 1;
        session.output.print(json::serialize(one ? list.front() : json::value(std::move(list))) +
                             "\n");
    }
    return {};
}

}  // namespace

Exit run_show(Session& session) {
    const auto shown = show(session);
    session.output.flush();
    return shown ? Exit::done : report(session.output, shown.error(), session.json());
}

}  // namespace letopis::cli
