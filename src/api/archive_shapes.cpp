// SPDX-License-Identifier: AGPL-3.0-or-later
// The archive as a whole, and how it runs.
#include "api/shape.hpp"

namespace letopis::api {

using namespace shape;

Part archive_shapes() {
    using enum http::Method;
    Part part;
    part.named = {
        {"Integrity",
         object({{"state", one_of({"ok", "unchecked", "fault"})},
                 {"checked_at", or_null(time())},
                 {"records", or_null(count())},
                 {"problems", list(text())}})},
        {"Archive",
         object({{"company", text()},
                 {"demo", flag()},
                 {"messages", count()},
                 {"conversations", or_null(count())},
                 {"sources", or_null(count())},
                 {"records", or_null(count())},
                 {"created", time()},
                 {"books", object({{"balanced", flag()}})},
                 {"integrity", ref("Integrity")},
                 {"checklist", list(object({{"id", text()}, {"done", flag()}}))}})},
        {"Storage",
         object({{"items", list(object({{"name", text()}, {"bytes", count()}}))},
                 {"bytes", count()},
                 {"free", count()},
                 {"total", count()}})},
        {"Keys",
         object({{"unlock", one_of({"passphrase", "key_file"})},
                 {"generation", count()},
                 {"rotated_at", time()},
                 {"rotation_due", time()},
                 {"sheet_checked_at", or_null(time())},
                 {"counts", list(object({{"purpose", text()}, {"count", count()}}))},
                 {"logs", list(object({{"name", text()}, {"key", text()}}))}})},
        {"Job",
         object({{"id", text()},
                 {"kind", text()},
                 {"state", one_of({"waiting", "running", "done", "stopped", "failed"})},
                 {"started", or_null(time())},
                 {"finished", or_null(time())},
                 {"done", count()},
                 {"of", count()},
                 {"note", text()},
                 {"may_stop", flag()}})},
        {"Own",
         object({{"items", list(text())},
                 {"set", flag()},
                 {"proposed", list(text())},
                 {"known", list(text())}})},
        {"Problem",
         object({{"type", text()},
                 {"title", text()},
                 {"status", count()},
                 {"code", text()},
                 {"detail", text()},
                 {"id", text()},
                 {"hint?", text()},
                 {"at?", count()}})},
    };
    part.shapes = {
        {get, "/archive", {ok(ref("Archive"))}},
        {get, "/integrity", {ok(ref("Integrity"))}},
        {post, "/integrity/verify", {accepted(object({{"id", text()}}))}},
        {get, "/jobs", {ok(items(ref("Job")))}},
        {del, "/jobs/{id}", {done()}},
        {get, "/storage", {ok(ref("Storage"))}},
        {get, "/keys", {ok(ref("Keys"))}},
        {post, "/keys/rotate", {ok(ref("Keys"))}},
        {post, "/keys/check-sheet", {ok(ref("Keys"))}, object({{"sheet", text()}})},
        {get, "/own", {ok(ref("Own"))}},
        {put, "/own", {ok(ref("Own"))}, object({{"items", list(text())}})},
        {get, "/events", {bytes("text/event-stream")}},
        {get, "/metrics", {bytes("text/plain")}},
    };
    return part;
}

}  // namespace letopis::api
