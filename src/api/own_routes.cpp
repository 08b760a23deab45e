// SPDX-License-Identifier: AGPL-3.0-or-later
// The company's own domains and addresses: the setting, and what is known without it.
#include <algorithm>

#include "api/handlers.hpp"
#include "api/people_json.hpp"
#include "app/views.hpp"

namespace letopis::api {

namespace {

constexpr std::size_t shown_max = 1000;

json::array some(const std::vector<std::string>& texts, const Ours& but_not) {
    std::vector<std::string> left;
    for (const auto& text : texts)
        if (!but_not.has(text) && left.size() < shown_max &&
            std::ranges::find(left, text) == left.end())
            left.push_back(text);
    return texts_json(left);
}

Result<json::object> own_json(Service& service) {
    TRY(auto projections, service.archive().projections());
    TRY(auto known, service.ours().owners(*projections.catalog));
    service.archive().give_back(std::move(projections));
    const auto set = service.directory().settings().own;
    auto proposed = service.directory().read([&](const access::People& people) {
        for (auto& one : staff_addresses(people)) known.push_back(std::move(one));
        return proposed_domains(people);
    });
    Ours listed;
    if (set)
        for (const auto& one : *set) listed.add(one);
    return json::object{{"items", texts_json(set ? *set : proposed)},
                        {"set", set.has_value()},
                        {"proposed", some(proposed, listed)},
                        {"known", some(known, listed)}};
}

Result<http::Response> show(Service& service, Call&) {
    TRY(const auto object, own_json(service));
    return json_answer(object);
}

Result<http::Response> put(Service& service, Call& call) {
    TRY(const auto fields, Fields::of(call.request));
    if (fields.find("items") == nullptr) return fail(Errc::invalid, "items is missing");
    TRY(const auto texts, texts_of(fields.object(), "items"));
    TRY(const auto entries, own_entries(texts));
    TRY_DO(service.directory().amend(
        call.caller.user, "own", [&](Settings& settings) { settings.own = entries; }));
    TRY(const auto object, own_json(service));
    return json_answer(object);
}

}  // namespace

std::vector<Entry> own_routes() {
    constexpr auto right = access::Right::settings_manage;
    return {
        {http::Method::get, "/own", right, "The company's own domains and addresses", show},
        {http::Method::put,
         "/own",
         right,
         "Sets the company's own domains and addresses",
         put,
         http::Body::whole},
    };
}

}  // namespace letopis::api
