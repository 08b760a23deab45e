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
    TRY(const auto ours, service.ours().now(find.catalog()));
    TRY(const auto message, message_json(service, find, id, *ours));
    const Seq ids[] = {id};
    TRY_DO(service.opened(call.caller, std::to_string(id.value()), ids));
    find.give_back();
    return json_answer(message);
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
    std::vector<Entry> entries = {
        {get, "/messages/{id}", Right::read, "A message with its versions", show},
        {get,
         "/messages/{id}/source",
         Right::read,
         "The exact bytes, as text; download=1 as a file",
         source},
        {get, "/messages/{id}/html", Right::read, "The HTML of a letter, made safe", html},
        {get, "/messages/{id}/proof", Right::read, "The proof that it is unchanged", proof},
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
    auto files = attachment_routes();
    std::ranges::move(files, std::back_inserter(entries));
    return entries;
}

}  // namespace letopis::api
