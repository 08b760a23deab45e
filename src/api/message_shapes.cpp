// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages, and the ways to them: search, conversations, clients, who saw them.
#include "api/shape.hpp"

namespace letopis::api {

using namespace shape;

namespace {

Fields row() {
    return {{"id", count()},
            {"date", time()},
            {"channel", text()},
            {"event", text()},
            {"from", ref("Person")},
            {"to", list(ref("Person"))},
            {"to_count", count()},
            {"subject", text()},
            {"conversation", text()},
            {"conversation_title", text()},
            {"attachments", count()},
            {"edited", flag()},
            {"deleted", flag()},
            {"unparsed", flag()}};
}

Fields found() {
    const auto person =
        Fields{{"name", text()}, {"address", text()}, {"kind", text()}, {"own", flag()}};
    const auto values = list(ref("FacetValue"));
    return {
        {"Person", object(person)},
        {"Piece", object({{"text", text()}, {"hit?", flag()}})},
        {"Hit",
         object(joined(row(),
                       {{"snippet", list(ref("Piece"))},
                        {"snippet_in", one_of({"body", "subject", "attachment", ""})}}))},
        {"FacetValue", object({{"value", text()}, {"count", count()}})},
        {"Facets",
         object({{"channel", values},
                 {"from", values},
                 {"lang", values},
                 {"month", values},
                 {"has_attachment", count()}})},
        {"SearchPage",
         object({{"total", count()},
                 {"exact", flag()},
                 {"hits", list(ref("Hit"))},
                 {"forms", list(text())},
                 {"cursor", or_null(text())},
                 {"note", text()},
                 {"suggestion", text()},
                 {"took_ms", number()},
                 {"facets?", ref("Facets")}})},
        {"Suggestion",
         object({{"kind", one_of({"field", "person"})},
                 {"text", text()},
                 {"insert", text()},
                 {"label", text()}})},
        {"TimelineRow", object(joined(row(), {{"text", text()}, {"cut", flag()}}))},
        {"Party", object(joined(person, {{"messages", count()}}))},
        {"Conversation",
         object({{"id", text()},
                 {"title", text()},
                 {"channels", list(text())},
                 {"parties", list(ref("Party"))},
                 {"total", count()},
                 {"first", time()},
                 {"last", time()},
                 {"density", list(object({{"at", text()}, {"count", count()}}))},
                 {"items", list(ref("Message"))},
                 {"begin", count()},
                 {"more_before", flag()},
                 {"more_after", flag()}})},
    };
}

Fields one_message() {
    const auto people = list(ref("Person"));
    return {
        {"Part", object({{"kind", one_of({"text", "quote", "signature"})}, {"text", text()}})},
        {"Attachment",
         object({{"n", count()},
                 {"name", text()},
                 {"type", text()},
                 {"size", count()},
                 {"sha256", text()},
                 {"inline", flag()},
                 {"encrypted", flag()},
                 {"missing", text()},
                 {"preview", one_of({"image", "pdf", "text", "none"})}})},
        {"Preview",
         object({{"kind", one_of({"image", "pdf", "text"})},
                 {"fault", text()},
                 {"pages?", count()},
                 {"pages_shown?", count()},
                 {"scripts?", flag()},
                 {"text?", text()},
                 {"cut?", flag()}})},
        {"Version",
         object({{"id", count()}, {"date", time()}, {"current", flag()}, {"text", text()}})},
        {"Message",
         object({{"id", count()},
                 {"record", count()},
                 {"conversation", text()},
                 {"conversation_title", text()},
                 {"date", time()},
                 {"sent", or_null(time())},
                 {"received", or_null(time())},
                 {"stored", time()},
                 {"channel", text()},
                 {"event", text()},
                 {"source", text()},
                 {"from", ref("Person")},
                 {"own", flag()},
                 {"to", people},
                 {"cc", people},
                 {"bcc", people},
                 {"forwarded_from", people},
                 {"subject", text()},
                 {"text", text()},
                 {"parts", list(ref("Part"))},
                 {"has_html", flag()},
                 {"attachments", list(ref("Attachment"))},
                 {"versions", list(ref("Version"))},
                 {"edited", flag()},
                 {"deleted", or_null(object({{"date", time()}}))},
                 {"marks", list(text())},
                 {"tags", list(text())},
                 {"reactions", list(object({{"emoji", text()}, {"count", count()}}))},
                 {"service", or_null(text())},
                 {"reply_to", or_null(count())},
                 {"sha256", text()},
                 {"size", count()}})},
        {"Proof",
         object({{"state", one_of({"proven", "erased"})},
                 {"record?", count()},
                 {"log?", text()},
                 {"leaf?", count()},
                 {"tree_size?", count()},
                 {"root?", text()},
                 {"stored?", time()},
                 {"vkey?", text()},
                 {"proof?", text()}})},
    };
}

Fields clients() {
    const Fields known = {
        {"id", text()},
        {"name", text()},
        {"addresses", list(object({{"kind", text()}, {"address", text()}}))},
        {"names", list(object({{"name", text()}, {"count", count()}}))},
        {"messages", count()},
        {"channels", list(text())},
        {"first", or_null(time())},
        {"last", time()},
    };
    return {
        {"ClientRow", object(known)},
        {"Client",
         object(joined(known,
                       {{"activity", list(object({{"month", text()}, {"count", count()}}))},
                        {"conversations",
                         list(object({{"id", text()},
                                      {"title", text()},
                                      {"channel", text()},
                                      {"messages", count()},
                                      {"last", time()}}))}}))},
    };
}

Fields audit() {
    const Fields page = {{"items", list(ref("AuditRow"))}, {"cursor", or_null(text())}};
    return {
        {"Who", object({{"id", text()}, {"name", text()}})},
        {"AuditRow",
         object({{"record", count()},
                 {"at", time()},
                 {"kind", text()},
                 {"who", ref("Who")},
                 {"what", text()},
                 {"peer", text()},
                 {"token?", text()},
                 {"about?", text()},
                 {"total?", count()},
                 {"words_hidden?", flag()},
                 {"messages?", count()},
                 {"message?", count()}})},
        {"AuditPage", object(page)},
        {"OwnAuditPage", object(joined({{"addresses", list(text())}}, page))},
    };
}

std::vector<Shape> audit_routes() {
    using enum http::Method;
    const auto page = ok(ref("AuditPage"));
    const Fields part = {{"limit?", count()}, {"cursor?", text()}};
    // A date of UTC, or a time.
    const Fields wish = joined({{"who?", text()},
                                {"what?", text()},
                                {"peer?", text()},
                                {"text?", text()},
                                {"from?", text()},
                                {"until?", text()}},
                               part);
    return {
        {get,
         "/audit",
         {page, bytes("text/csv")},
         {},
         joined(wish, {{"format?", one_of({"json", "csv"})}})},
        {get, "/audit/mine", {ok(ref("OwnAuditPage"))}, {}, part},
        {get, "/messages/{id}/access", {page}, {}, wish},
        {get, "/conversations/{id}/access", {page}, {}, wish},
        {get, "/clients/{id}/access", {page}, {}, wish},
    };
}

}  // namespace

Part message_shapes() {
    using enum http::Method;
    Part part;
    for (const auto& fields : {found(), one_message(), clients(), audit()})
        part.named = joined(std::move(part.named), fields);
    const auto page = object(
        {{"items", list(ref("TimelineRow"))}, {"total", count()}, {"cursor", or_null(text())}});
    part.shapes = {
        {get,
         "/search",
         {ok(ref("SearchPage"))},
         {},
         {{"q?", text()},
          {"limit?", count()},
          {"order?", one_of({"newest", "relevance"})},
          {"cursor?", text()},
          {"facets?", one_of({"1"})}}},
        {get, "/suggest", {ok(items(ref("Suggestion")))}, {}, {{"q?", text()}, {"lang?", text()}}},
        {get, "/messages/{id}", {ok(ref("Message"))}},
        {get, "/messages/{id}/source", {bytes("*/*")}, {}, {{"download?", one_of({"1"})}}},
        {get, "/messages/{id}/html", {bytes("text/html")}},
        {get, "/messages/{id}/proof", {ok(ref("Proof"))}},
        {get, "/messages/{id}/attachments/{n}", {bytes("*/*")}},
        {get,
         "/messages/{id}/attachments/{n}/preview",
         {ok(ref("Preview")), bytes("image/png")},
         {},
         {{"page?", count()}, {"size?", one_of({"small"})}}},
        {put, "/messages/{id}/tags/{tag}", {done()}},
        {del, "/messages/{id}/tags/{tag}", {done()}},
        {get,
         "/conversations/{id}",
         {ok(ref("Conversation"))},
         {},
         {{"around?", count()},
          {"before?", count()},
          {"after?", count()},
          {"limit?", count()},
          {"as_of?", time()}}},
        {get, "/clients", {ok(items(ref("ClientRow")))}, {}, {{"q?", text()}, {"limit?", count()}}},
        {get, "/clients/{id}", {ok(ref("Client"))}},
        {get, "/clients/{id}/timeline", {ok(page)}, {}, {{"limit?", count()}, {"cursor?", text()}}},
    };
    for (auto& one : audit_routes()) part.shapes.push_back(std::move(one));
    return part;
}

}  // namespace letopis::api
