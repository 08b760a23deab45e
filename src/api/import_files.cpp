// SPDX-License-Identifier: AGPL-3.0-or-later
// The heads of the files of imports: docs/formats/spool.md.
#include <boost/json.hpp>

#include "api/imports.hpp"
#include "app/views.hpp"

namespace letopis::api {

using app::json_text;

namespace {

using Runs = std::map<std::string, std::vector<Seq>>;

json::object runs_json(const Runs& runs) {
    json::object object;
    for (const auto& [source, seqs] : runs) {
        json::array list;
        for (const auto seq : seqs) list.push_back(seq.value());
        object[source] = std::move(list);
    }
    return object;
}

Runs runs_of(const json::object& object) {
    Runs runs;
    for (const auto& [source, list] : object)
        for (const auto& seq : list.as_array())
            runs[std::string(source)].push_back(Seq(seq.to_number<std::uint64_t>()));
    return runs;
}

}  // namespace

std::string Imports::head_of(const ImportWish& wish, const Kept* kept) {
    json::array uploads;
    for (const auto& id : wish.uploads) uploads.push_back(json_text(id));
    json::object object{{"v", 1},
                        {"user", json_text(wish.user)},
                        {"uploads", std::move(uploads)},
                        {"zone", json_text(wish.zone)},
                        {"owner", json_text(wish.owner)},
                        {"source", json_text(wish.source)}};
    if (!wish.again.empty()) object["again"] = runs_json(wish.again);
    if (kept != nullptr) {
        object["kept"] = to_micros(kept->since);
        object["refused"] = runs_json(kept->refused);
    }
    return json::serialize(object);
}

// It was sealed by us; anything else in it is a file of another version.
std::optional<Imports::Kept> Imports::kept_of(std::string_view head) {
    try {
        const auto value = json::parse(head);
        const auto& object = value.as_object();
        const auto text = [&](const char* name) {
            return std::string(object.at(name).as_string());
        };
        Kept kept;
        kept.wish = {.zone = text("zone"),
                     .owner = text("owner"),
                     .source = text("source"),
                     .user = text("user")};
        for (const auto& id : object.at("uploads").as_array())
            kept.wish.uploads.emplace_back(id.as_string());
        if (const auto* again = object.if_contains("again"))
            kept.wish.again = runs_of(again->as_object());
        if (const auto* since = object.if_contains("kept")) {
            kept.since = from_micros(since->as_int64());
            kept.refused = runs_of(object.at("refused").as_object());
        }
        return kept;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace letopis::api
