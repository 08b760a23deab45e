// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "api/handlers.hpp"
#include "api/messages.hpp"
#include "app/descriptor.hpp"
#include "app/views.hpp"
#include "base/percent.hpp"
#include "workers/workers.hpp"

namespace letopis::api {

using app::json_text;

namespace {

Result<http::Response> show(Service& service, Call& call) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    TRY(auto find, service.find(call.caller));
    TRY_DO(must_see(find, id));
    TRY(const auto message, message_json(service, find, id));
    const Seq ids[] = {id};
    TRY_DO(service.opened(call.caller, std::to_string(id.value()), ids));
    find.give_back();
    return json_answer(message);
}

// RFC 6266: a name in ASCII and the real one.
std::string disposition(std::string_view name) {
    std::string plain;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool word = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= 'a' && byte <= 'z') || c == '.' || c == '-' || c == '_';
        if (word || byte < 0x80 || byte >= 0xc0) plain.push_back(word ? c : '_');
    }
    if (plain.empty()) plain = "file";
    return fmt::format(
        "attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, percent_encoded(name));
}

http::Response bytes_answer(std::string bytes, std::string type, std::string_view name) {
    http::Response response;
    response.body = std::move(bytes);
    response.with("Content-Type", std::move(type));
    response.with("Content-Disposition", disposition(name));
    response.with("Content-Security-Policy", "default-src 'none'; sandbox");
    return response;
}

Result<http::Response> source(Service& service, Call& call) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    TRY(auto find, service.find(call.caller));
    TRY_DO(must_see(find, id));
    TRY(auto record, service.archive().journal().read(id));
    if (record.erased_by) return fail(Errc::not_found, "the content was erased by law");
    const bool download = query_of(call.request, "download") == "1";
    const Seq ids[] = {id};
    if (download) {
        if (!access::may(call.caller, access::Right::take_out)) {
            TRY_DO(service.note(journal::Kind::denied, call.caller, "source", ids));
            return fail(Errc::forbidden, "originals may not be taken out with these rights");
        }
        TRY_DO(service.note(journal::Kind::exported, call.caller, "source", ids));
    } else {
        TRY_DO(service.opened(call.caller, "source", ids));
    }
    find.give_back();
    if (download)
        return bytes_answer(std::move(record.content),
                            "application/octet-stream",
                            fmt::format("{}.eml", id.value()));
    http::Response response;
    response.body = std::move(record.content);
    response.with("Content-Type", "text/plain; charset=utf-8");
    response.with("Content-Security-Policy", "default-src 'none'; sandbox");
    return response;
}

// What the first bytes say, for what is shown inside the page.
std::string_view image_type(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
    if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
    if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return "image/gif";
    if (bytes.starts_with("RIFF") && bytes.substr(8).starts_with("WEBP")) return "image/webp";
    return {};
}

Result<std::string> attachment_bytes(Service& service,
                                     const catalog::MessageDetail& detail,
                                     const catalog::AttachmentView& view) {
    auto& journal = service.archive().journal();
    if (view.file) {
        TRY(auto record, journal.read(*view.file));
        if (record.kind == journal::Kind::file_again) {
            TRY(const auto again, app::read_file_descriptor(record.descriptor));
            if (again.of) {
                TRY(record, journal.read(*again.of));
            }
        }
        return std::move(record.content);
    }
    TRY(auto record, journal.read(detail.seq));
    TRY(const auto item, app::read_item(record.descriptor));
    TRY(const auto context_record, journal.read(item.context, journal::Contents::skip));
    TRY(const auto context, app::read_context(context_record.descriptor));
    TRY(const auto binary, workers::find_letopis_parse());
    TRY(auto workers, workers::Workers::start(binary, 1));
    return workers->part(
        {.dialect = item.dialect, .context = context.facts, .raw = std::move(record.content)},
        view.attachment.locator);
}

Result<http::Response> attachment(Service& service, Call& call) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    TRY(const auto n, message_id(call.request.parameter("n")));
    TRY(auto find, service.find(call.caller));
    TRY_DO(must_see(find, id));
    TRY(const auto original, find.catalog().message(id));
    TRY(const auto detail, find.catalog().message(original.current));
    if (n.value() >= detail.attachments.size())
        return fail(Errc::not_found, "there is no such attachment");
    const auto& view = detail.attachments[static_cast<std::size_t>(n.value())];
    TRY(auto bytes, attachment_bytes(service, detail, view));
    const auto what = fmt::format("attachment {}", n.value());
    const Seq ids[] = {id};
    const auto type = image_type(bytes);
    if (query_of(call.request, "view") == "1" && !type.empty()) {
        TRY_DO(service.opened(call.caller, what, ids));
        find.give_back();
        auto response = bytes_answer(std::move(bytes), std::string(type), view.attachment.name);
        std::erase_if(response.headers,
                      [](const auto& header) { return header.name == "Content-Disposition"; });
        return response;
    }
    if (!access::may(call.caller, access::Right::take_out)) {
        TRY_DO(service.note(journal::Kind::denied, call.caller, what, ids));
        return fail(Errc::forbidden, "files may not be taken out with these rights");
    }
    TRY_DO(service.note(journal::Kind::exported, call.caller, what, ids));
    find.give_back();
    return bytes_answer(std::move(bytes), "application/octet-stream", view.attachment.name);
}

// The HTML form of a letter for a frame that runs nothing; what is in it was made safe outside of
// this process.
Result<http::Response> html(Service& service, Call& call) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    TRY(auto find, service.find(call.caller));
    TRY_DO(must_see(find, id));
    TRY(auto record, service.archive().journal().read(id));
    if (record.erased_by) return fail(Errc::not_found, "the content was erased by law");
    TRY(const auto item, app::read_item(record.descriptor));
    TRY(const auto context_record,
        service.archive().journal().read(item.context, journal::Contents::skip));
    TRY(const auto context, app::read_context(context_record.descriptor));
    TRY(const auto binary, workers::find_letopis_parse());
    TRY(auto workers, workers::Workers::start(binary, 1));
    TRY(auto shown,
        workers->display(
            {.dialect = item.dialect, .context = context.facts, .raw = std::move(record.content)}));
    const Seq ids[] = {id};
    TRY_DO(service.opened(call.caller, "html", ids));
    find.give_back();
    http::Response response;
    response.body = std::move(shown.html);
    response.with("Content-Type", "text/html; charset=utf-8");
    response.with("Content-Security-Policy",
                  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'");
    response.with("Letopis-Remote-Images", std::to_string(shown.remote_images));
    return response;
}

Result<http::Response> proof(Service& service, Call& call) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    TRY(auto find, service.find(call.caller));
    TRY_DO(must_see(find, id));
    auto& archive = service.archive();
    TRY(const auto record, archive.journal().read(id, journal::Contents::sealed));
    if (record.erased_by) return json_answer(json::object{{"state", "erased"}});
    TRY_DO(archive.sign(false));
    const auto options = archive.log_options(record.origin);
    TRY(const auto log, ledger::PublishedLog::open(options));
    auto extra = record.salt;
    if (record.has_object) extra += as_bytes(crypto::sha256(record.sealed_object));
    TRY(const auto proof, log.prove(record.leaf_index, extra));
    const Seq ids[] = {id};
    TRY_DO(service.opened(call.caller, "proof", ids));
    find.give_back();
    return json_answer(json::object{{"state", "proven"},
                                    {"record", record.seq.value()},
                                    {"log", json_text(options.origin.name)},
                                    {"leaf", record.leaf_index},
                                    {"tree_size", log.head().size},
                                    {"root", json_text(hex(log.head().root))},
                                    {"stored", json_text(rfc3339(record.at))},
                                    {"vkey", json_text(ledger::write_vkey(*options.key))},
                                    {"proof", json_text(ledger::write_proof(proof))}});
}

Result<http::Response> change_tag(Service& service, Call& call, bool on) {
    TRY(const auto id, message_id(call.request.parameter("id")));
    const std::string tag(call.request.parameter("tag"));
    if (tag.empty() || tag.size() > 100) return fail(Errc::invalid, "a tag has 1 to 100 bytes");
    TRY(auto find, service.find(call.caller));
    TRY_DO(must_see(find, id));
    find.give_back();
    const auto descriptor =
        app::write(app::TagDescriptor{.message = id, .tag = tag, .by = call.caller.user, .on = on});
    const journal::Draft draft{.type = journal::LeafType::state_change,
                               .kind = journal::Kind::tag,
                               .descriptor = descriptor};
    TRY(const auto appended,
        service.archive().journal().append(std::span(&draft, 1), journal::Class::live));
    (void)appended;
    TRY_DO(service.follow());
    return empty_answer();
}

}  // namespace

std::vector<Entry> message_routes() {
    using enum http::Method;
    using access::Right;
    return {
        {get, "/messages/{id}", Right::read, "A message with its versions", show},
        {get,
         "/messages/{id}/source",
         Right::read,
         "The exact bytes, as text; download=1 as a file",
         source},
        {get, "/messages/{id}/html", Right::read, "The HTML of a letter, made safe", html},
        {get, "/messages/{id}/proof", Right::read, "The proof that it is unchanged", proof},
        {get,
         "/messages/{id}/attachments/{n}",
         Right::read,
         "An attachment as a download; view=1 shows pictures",
         attachment},
        {put,
         "/messages/{id}/tags/{tag}",
         Right::read,
         "Puts a tag on a message",
         [](Service& service, Call& call) { return change_tag(service, call, true); }},
        {del,
         "/messages/{id}/tags/{tag}",
         Right::read,
         "Takes a tag off a message",
         [](Service& service, Call& call) { return change_tag(service, call, false); }},
    };
}

}  // namespace letopis::api
