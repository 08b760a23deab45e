// SPDX-License-Identifier: AGPL-3.0-or-later
// What runs in the background, and what came of it.
#include <algorithm>

#include "api/handlers.hpp"
#include "api/imports.hpp"
#include "api/jobs.hpp"

namespace letopis::api {

std::vector<JobView> all_jobs(Service& service) {
    auto views = service.jobs().list();
    for (const auto& view : service.imports().imports()) views.push_back(job_of(view));
    // What has not begun yet is the newest.
    std::ranges::stable_sort(views, [](const JobView& one, const JobView& other) {
        if (!one.started || !other.started) return !one.started && other.started.has_value();
        return *one.started > *other.started;
    });
    return views;
}

namespace {

Result<http::Response> list(Service& service, Call&) {
    json::array items;
    for (const auto& view : all_jobs(service)) items.push_back(job_json(view));
    return json_answer(json::object{{"items", std::move(items)}});
}

Result<http::Response> stop(Service& service, Call& call) {
    const std::string id(call.request.parameter("id"));
    if (service.imports().import(id)) {
        if (!access::may(call.caller, access::Right::import_messages))
            return fail(Errc::forbidden, "this needs the right `import_messages`");
        TRY_DO(service.imports().stop(id));
    } else {
        TRY_DO(service.jobs().stop(id));
    }
    return empty_answer();
}

}  // namespace

std::vector<Entry> job_routes() {
    using enum http::Method;
    using access::Right;
    return {{get, "/jobs", Right::integrity_view, "What runs in the background", list},
            {del, "/jobs/{id}", Right::integrity_run, "Stops a job", stop}};
}

}  // namespace letopis::api
