// SPDX-License-Identifier: AGPL-3.0-or-later
// A search as every command does it: index, catalogue for what changes (tags), texts for exact
// phrases, suggestions.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "app/archive.hpp"
#include "app/index_feed.hpp"
#include "text/query.hpp"

namespace letopis::app {

class Find {
public:
    // Nothing outside the scope is found, counted, suggested or visible.
    Find(Archive& archive,
         Projections projections,
         search::Scope scope = search::Scope::everything())
        : archive_(archive),
          scope_(std::move(scope)),
          projections_(std::move(projections)),
          catalog_(projections_.catalog.get()),
          engine_(projections_.engine.get()),
          reader_(archive, *catalog_) {}
    // Without an error on the way, the next reader takes over what is open.
    void give_back() { archive_.give_back(std::move(projections_)); }
    search::Request request(const text::Node& root);
    search::Engine& engine() { return *engine_; }
    catalog::Catalog& catalog() { return *catalog_; }
    // With the texts of its attachments: parsed again, so not for every hit.
    Result<search::Doc> document(Seq seq) { return reader_(seq); }
    // "договор" for "договар", "привет" for "ghbdtn"; empty when there is nothing better.
    Result<std::string> suggestion(std::string_view query);
    // Those of the messages that the scope allows, in the same order.
    Result<std::vector<Seq>> visible(std::span<const Seq> messages);
    // Every hit of the query, newest first, in pages.
    Result<void> all(const text::Node& root,
                     const std::function<Result<bool>(std::span<const Seq>)>& page);

private:
    Result<std::optional<std::vector<Seq>>> resolve(text::Field field, std::string_view value);
    Result<search::Doc> words_of(Seq seq);
    Result<std::optional<std::string>> other_keyboard(std::string_view word);

    Archive& archive_;
    search::Scope scope_;
    Projections projections_;
    catalog::Catalog* catalog_;
    search::Engine* engine_;
    DocumentReader reader_;
};

}  // namespace letopis::app
