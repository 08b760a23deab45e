// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/directory.hpp"

#include <boost/json.hpp>

#include "app/descriptor.hpp"

namespace letopis::api {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string()
               ? std::string(value->get_string().data(), value->get_string().size())
               : std::string();
}

std::optional<std::vector<std::string>> texts_of(const json::object& object,
                                                 std::string_view name) {
    const auto* value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || !value->is_array()) return std::nullopt;
    std::vector<std::string> texts;
    for (const auto& one : value->get_array())
        if (one.is_string()) texts.emplace_back(one.get_string().data(), one.get_string().size());
    return texts;
}

Result<Settings> read_settings(std::string_view descriptor) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(descriptor.data(), descriptor.size()), error);
    if (error || !value.is_object()) return fail(Errc::corrupt, "settings that cannot be read");
    const auto& object = value.get_object();
    const auto* demo = object.if_contains("demo");
    return Settings{.company = text_of(object, "company"),
                    .language = text_of(object, "language"),
                    .demo = demo != nullptr && demo->is_bool() && demo->get_bool(),
                    .sheet_seen = text_of(object, "sheet_seen"),
                    .own = texts_of(object, "own")};
}

std::string write(const Settings& settings, std::string_view by, std::string_view changed) {
    std::string own;
    if (settings.own) {
        for (const auto& one : *settings.own)
            own += (own.empty() ? "" : ",") + app::json_string(one);
        own = ",\"own\":[" + own + "]";
    }
    return "{\"v\":1,\"company\":" + app::json_string(settings.company) +
           ",\"language\":" + app::json_string(settings.language) +
           ",\"demo\":" + (settings.demo ? "true" : "false") +
           ",\"sheet_seen\":" + app::json_string(settings.sheet_seen) + own +
           (changed.empty() ? "" : ",\"changed\":" + app::json_string(changed)) +
           ",\"by\":" + app::json_string(by) + "}";
}

Result<Seq> append(app::Archive& archive, journal::Kind kind, const std::string& descriptor) {
    const journal::Draft draft{
        .type = journal::LeafType::state_change, .kind = kind, .descriptor = descriptor};
    TRY(const auto appended, archive.journal().append(std::span(&draft, 1), journal::Class::live));
    return *appended.front().seq;
}

}  // namespace

Result<std::unique_ptr<Directory>> Directory::open(app::Archive& archive) {
    std::unique_ptr<Directory> directory(new Directory(archive));
    TRY_DO(archive.journal().each_of(
        journal::LeafType::state_change, Seq(0), [&](journal::Record&& record) -> Result<bool> {
            if (record.kind == journal::Kind::people)
                TRY_DO(directory->people_.apply(record.descriptor, record.seq.value()));
            if (record.kind == journal::Kind::settings) {
                TRY(directory->settings_, read_settings(record.descriptor));
            }
            if (record.kind == journal::Kind::people || record.kind == journal::Kind::settings)
                directory->version_ = record.seq.value();
            return true;
        }));
    return directory;
}

Result<access::Change> Directory::change(const Decide& decide) {
    const std::unique_lock lock(mutex_);
    TRY(auto decided, decide(people_));
    TRY(const auto seq, append(archive_, journal::Kind::people, decided.json));
    TRY_DO(people_.apply(decided.json, seq.value()));
    version_ = seq.value();
    return decided;
}

Settings Directory::settings() const {
    const std::shared_lock lock(mutex_);
    return settings_;
}

Result<void> Directory::amend(std::string_view by, std::string_view changed, const Amend& amend) {
    const std::unique_lock lock(mutex_);
    auto wanted = settings_;
    amend(wanted);
    TRY(const auto seq, append(archive_, journal::Kind::settings, write(wanted, by, changed)));
    settings_ = std::move(wanted);
    version_ = seq.value();
    return {};
}

std::uint64_t Directory::version() const {
    const std::shared_lock lock(mutex_);
    return version_;
}

}  // namespace letopis::api
