// SPDX-License-Identifier: AGPL-3.0-or-later
// Any bytes as the value of any header: words, parameters, addresses, dates, ids.
#include <cstdlib>

#include "mime/address.hpp"
#include "mime/date.hpp"
#include "mime/ids.hpp"
#include "mime/words.hpp"
#include "utf8/utf8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace letopis;
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    const auto text = mime::decode_words(raw, "koi8-r");
    if (!utf8::valid(text) || text.find('\n') != text.npos) std::abort();
    for (const auto& parameter : mime::parse_parameters(raw).parameters)
        if (!utf8::valid(parameter.value)) std::abort();
    std::vector<model::Party> parties;
    mime::parse_addresses(raw, model::Role::from, {}, parties);
    for (const auto& party : parties)
        if (party.address.empty() || !utf8::valid(party.address) || !utf8::valid(party.name))
            std::abort();
    (void)mime::parse_date(raw);
    for (const auto& id : mime::parse_references(raw))
        if (!utf8::valid(id)) std::abort();
    if (mime::parse_in_reply_to(raw).size() > mime::ids_max) std::abort();
    if (!utf8::valid(mime::parse_message_id(raw))) std::abort();
    return 0;
}
