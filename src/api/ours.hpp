// SPDX-License-Identifier: AGPL-3.0-or-later
// Who is "us": which addresses are the company's own. Decided when something is shown, never when
// it is stored, so that a change of the setting holds for everything at once.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/directory.hpp"
#include "catalog/catalog.hpp"
#include "model/message.hpp"

namespace letopis::api {

// One line of the setting in its one form: a domain ("firm.example"; those below it count too), an
// e-mail address, a telephone number, or an address of a chat as a message shows it ("user4242").
// Errors: invalid, and why.
Result<std::string> own_entry(std::string_view text);
// All of them, each once. Errors: invalid (a wrong one, or too many).
Result<std::vector<std::string>> own_entries(const std::vector<std::string>& texts);
constexpr std::size_t own_entries_max = 1000;

class Ours {
public:
    void add(std::string_view entry);
    bool has(std::string_view address) const;
    bool has(const model::Party& party) const { return has(party.address); }
    const std::set<std::string, std::less<>>& entries() const { return entries_; }

private:
    std::set<std::string, std::less<>> entries_;
};

// The addresses of people who may come in: theirs are ours whatever is set.
std::vector<std::string> staff_addresses(const access::People& people);
// The domains of the users' e-mail addresses, without those where anybody has a mailbox. They count
// until somebody sets the list.
std::vector<std::string> proposed_domains(const access::People& people);
// Whose account the source is; empty: its export does not say.
std::string owner_of(const catalog::ContextView& context);

// The one that holds now; made anew when people, the setting or the sources have changed. Any
// thread may call.
class OursKept {
public:
    explicit OursKept(const Directory& directory) : directory_(directory) {}
    Result<std::shared_ptr<const Ours>> now(catalog::Catalog& catalog);
    // Owners of sources, as far as they are known.
    Result<std::vector<std::string>> owners(catalog::Catalog& catalog);

private:
    Result<void> look(catalog::Catalog& catalog);

    const Directory& directory_;
    std::mutex mutex_;
    // The rest is guarded by mutex_.
    std::uint64_t next_context_ = 0, version_ = 0;
    std::set<std::string, std::less<>> owners_;
    std::shared_ptr<const Ours> ours_;
};

}  // namespace letopis::api
