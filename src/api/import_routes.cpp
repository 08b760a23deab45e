// SPDX-License-Identifier: AGPL-3.0-or-later
#include <cmath>

#include "api/handlers.hpp"
#include "api/imports.hpp"
#include "app/views.hpp"
#include "capture/reasons.hpp"

namespace letopis::api {

using app::json_text;

bool shown_to(const access::Caller& caller, const ImportView& view) {
    return view.user == caller.user || access::sees_all_sources(caller);
}

json::object refusal_json(const catalog::Refusal& refusal) {
    const auto reason = capture::reason_of(refusal.reason);
    json::array values;
    for (const auto& value : reason.values) values.push_back(json_text(value));
    return json::object{{"item", json_text(refusal.item)},
                        {"reason", json_text(refusal.reason)},
                        {"code", json_text(reason.code)},
                        {"values", std::move(values)}};
}

json::object import_json(const ImportView& view) {
    json::array files, refused;
    for (const auto& file : view.files)
        files.push_back(json::object{{"name", json_text(file.name)}, {"size", file.size}});
    constexpr std::size_t listed = 100;
    for (const auto& one : view.result.refusals) {
        if (refused.size() == listed) break;
        refused.push_back(refusal_json(one));
    }
    const auto& p = view.progress;
    const auto settled = p.stored + p.duplicates + p.refused;
    json::object object{{"id", json_text(view.id)},
                        {"state", json_text(view.state)},
                        {"files", std::move(files)},
                        {"input", json_text(p.input)},
                        {"seen", p.seen},
                        {"stored", p.stored},
                        {"duplicates", p.duplicates},
                        {"refused", p.refused},
                        {"pending", p.seen > settled ? p.seen - settled : 0},
                        {"marked", view.result.marked},
                        {"bytes", p.bytes},
                        {"bytes_all", p.bytes_all},
                        {"rate", std::round(view.rate)},
                        {"left_s", std::round(view.left_s)},
                        {"searchable", p.searchable},
                        {"refusals", std::move(refused)},
                        {"error", json_text(view.error)},
                        {"error_code", json_text(view.error_code)}};
    object["verified"] = view.verified
                             ? json::value(json::object{{"ok", *view.verified},
                                                        {"records", view.verified_records},
                                                        {"problem", json_text(view.problem)}})
                             : json::value(nullptr);
    return object;
}

namespace {

json::object upload_json(const Upload& upload) {
    return json::object{{"id", json_text(upload.id)},
                        {"name", json_text(upload.name)},
                        {"size", upload.size},
                        {"offset", upload.offset},
                        {"begun", time_value(upload.begun)},
                        {"modified", time_value(upload.modified)}};
}

// Uploads are of the person who began them.
Result<Upload> own_upload(Service& service, const Call& call) {
    TRY(const auto upload,
        service.imports().uploads().upload(std::string(call.request.parameter("id"))));
    if (upload.user != call.caller.user)
        return fail(Errc::not_found, "there is no such upload", "Begin it again.");
    return upload;
}

Result<http::Response> begin_upload(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    TRY(const auto name, fields.text("name"));
    const auto* size = fields.find("size");
    if (size == nullptr || !size->is_number())
        return fail(Errc::invalid, "size must be a number of bytes");
    boost::system::error_code error;
    const auto bytes = size->to_number<std::uint64_t>(error);
    if (error) return fail(Errc::invalid, "size must be a number of bytes");
    TRY(const auto told, fields.optional_text("modified", 40));
    const auto modified = parse_rfc3339(told);
    if (!told.empty() && !modified)
        return fail(Errc::invalid, "modified must be a time as in RFC 3339");
    TRY(const auto upload,
        service.imports().uploads().begin(call.caller.user, name, bytes, modified));
    return json_answer(upload_json(upload), 201);
}

Result<http::Response> list_uploads(Service& service, Call& call) {
    json::array items;
    for (const auto& upload : service.imports().uploads().uploads(call.caller.user))
        items.push_back(upload_json(upload));
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> show_upload(Service& service, Call& call) {
    TRY(const auto upload, own_upload(service, call));
    return json_answer(upload_json(upload));
}

Result<http::Response> write_upload(Service& service, Call& call) {
    TRY(const auto upload, own_upload(service, call));
    TRY(const auto offset, number_of(call.request, "offset", 0, ~std::uint64_t(0) >> 1));
    auto written = service.imports().uploads().write(upload.id, offset, *call.request.upload);
    if (!written && written.error().code == Errc::conflict) {
        TRY(const auto now, service.imports().uploads().upload(upload.id));
        return json_answer(upload_json(now), 409);
    }
    if (!written) return tl::unexpected<Error>(std::move(written).error());
    return json_answer(upload_json(*written));
}

Result<http::Response> drop_upload(Service& service, Call& call) {
    TRY(const auto upload, own_upload(service, call));
    TRY_DO(service.imports().uploads().drop(upload.id));
    return empty_answer();
}

Result<http::Response> start(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    ImportWish wish{.user = call.caller.user};
    const auto* uploads = fields.find("uploads");
    if (uploads == nullptr || !uploads->is_array())
        return fail(Errc::invalid, "uploads must be a list of ids");
    for (const auto& id : uploads->get_array()) {
        if (!id.is_string()) return fail(Errc::invalid, "uploads must be a list of ids");
        wish.uploads.emplace_back(id.get_string().data(), id.get_string().size());
    }
    TRY(wish.zone, fields.optional_text("zone", 100));
    TRY(wish.owner, fields.optional_text("owner", 200));
    TRY(wish.source, fields.optional_text("source", 200));
    TRY(const auto id, service.imports().start(wish));
    return json_answer(json::object{{"id", json_text(id)}}, 202);
}

Result<http::Response> list(Service& service, Call& call) {
    json::array items;
    for (const auto& view : service.imports().imports())
        if (shown_to(call.caller, view)) items.push_back(import_json(view));
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<ImportView> shown_import(Service& service, const Call& call) {
    auto view = service.imports().import(std::string(call.request.parameter("id")));
    if (view && !shown_to(call.caller, *view))
        return fail(Errc::not_found, "there is no such import");
    return view;
}

Result<http::Response> show(Service& service, Call& call) {
    TRY(const auto view, shown_import(service, call));
    return json_answer(import_json(view));
}

Result<http::Response> stop(Service& service, Call& call) {
    TRY(const auto view, shown_import(service, call));
    TRY_DO(service.imports().stop(view.id));
    return empty_answer();
}

}  // namespace

std::vector<Entry> import_routes() {
    using enum http::Method;
    using access::Right;
    constexpr std::uint64_t piece_max = std::uint64_t(1) << 30;
    return {
        {post,
         "/uploads",
         Right::import_messages,
         "Begins an upload",
         begin_upload,
         http::Body::whole},
        {get,
         "/uploads",
         Right::import_messages,
         "One's own uploads that no import has taken",
         list_uploads},
        {get, "/uploads/{id}", Right::import_messages, "How far an upload is", show_upload},
        {patch,
         "/uploads/{id}",
         Right::import_messages,
         "Writes on at `offset`",
         write_upload,
         http::Body::stream,
         piece_max},
        {del, "/uploads/{id}", Right::import_messages, "Gives an upload up", drop_upload},
        {post,
         "/imports",
         Right::import_messages,
         "Imports what was uploaded",
         start,
         http::Body::whole},
        {get, "/imports", Right::import_messages, "Imports, the newest first", list},
        {get, "/imports/{id}", Right::import_messages, "How far an import is", show},
        {del, "/imports/{id}", Right::import_messages, "Stops an import", stop},
    };
}

}  // namespace letopis::api
