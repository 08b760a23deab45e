// SPDX-License-Identifier: AGPL-3.0-or-later
// What is brought in, and the books of it.
#include "api/shape.hpp"

namespace letopis::api {

using namespace shape;

namespace {

const Fields& sums() {
    static const Fields made = {{"seen", count()},
                                {"stored", count()},
                                {"duplicates", count()},
                                {"refused", count()},
                                {"pending", count()},
                                {"marked", count()}};
    return made;
}

}  // namespace

Part import_shapes() {
    using enum http::Method;
    Part part;
    part.named = {
        {"Upload",
         object({{"id", text()},
                 {"name", text()},
                 {"size", count()},
                 {"offset", count()},
                 {"begun", time()},
                 {"modified", or_null(time())}})},
        {"Refusal",
         object(
             {{"item", text()}, {"reason", text()}, {"code", text()}, {"values", list(text())}})},
        {"Import",
         object(joined(
             sums(),
             {{"id", text()},
              {"state",
               one_of(
                   {"waiting", "running", "indexing", "verifying", "done", "stopped", "failed"})},
              {"files", list(object({{"name", text()}, {"size", count()}}))},
              {"input", text()},
              {"bytes", count()},
              {"bytes_all", count()},
              {"rate", number()},
              {"left_s", number()},
              {"searchable", count()},
              {"refusals", list(ref("Refusal"))},
              {"error", text()},
              {"error_code", text()},
              {"verified",
               or_null(object({{"ok", flag()}, {"records", count()}, {"problem", text()}}))}}))},
        {"Source",
         object(joined(sums(),
                       {{"id", text()},
                        {"source", text()},
                        {"title", text()},
                        {"channel", text()},
                        {"files", count()},
                        {"runs", count()},
                        {"unfinished_runs", count()},
                        {"messages", count()},
                        {"balanced", flag()},
                        {"last", or_null(time())},
                        {"retry_until", or_null(time())}}))},
        {"SourceTotal", object(joined(sums(), {{"files", count()}, {"balanced", flag()}}))},
    };
    part.shapes = {
        {post,
         "/uploads",
         {created(ref("Upload"))},
         object({{"name", text()}, {"size", count()}, {"modified?", or_null(time())}})},
        {get, "/uploads", {ok(items(ref("Upload")))}},
        {get, "/uploads/{id}", {ok(ref("Upload"))}},
        {patch,
         "/uploads/{id}",
         {ok(ref("Upload")), {.status = 409, .schema = ref("Upload")}},
         {},
         {{"offset?", count()}}},
        {del, "/uploads/{id}", {done()}},
        {post,
         "/imports",
         {accepted(object({{"id", text()}}))},
         object({{"uploads", list(text())},
                 {"zone?", text()},
                 {"owner?", text()},
                 {"source?", text()}})},
        {get, "/imports", {ok(items(ref("Import")))}},
        {get, "/imports/{id}", {ok(ref("Import"))}},
        {del, "/imports/{id}", {done()}},
        {get,
         "/sources",
         {ok(object({{"items", list(ref("Source"))}, {"total", ref("SourceTotal")}}))}},
        {get, "/sources/{id}/refusals", {ok(items(ref("Refusal")))}},
        {post, "/sources/{id}/retry", {accepted(object({{"id", text()}}))}},
    };
    return part;
}

}  // namespace letopis::api
