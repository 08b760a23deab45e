// SPDX-License-Identifier: AGPL-3.0-or-later
// The allow-lists of an HTML letter that is shown: elements, attributes and the shapes of values.
#pragma once

#include <string>
#include <string_view>

namespace letopis::mime {

enum class Treatment {
    show,
    show_void,     // has no content and no end
    image,         // decided by its source
    link,          // decided by its address
    body,          // its colours only
    transparent,   // html and head: neither shown nor counted
    neutral,       // becomes <data>, which means nothing; what is in it stays
    drop_tag,      // has no content
    drop_content,  // goes with all that is in it
};

Treatment treatment_of(std::string_view element);

// Whether an attribute that has no address may be written, with which value. `element` is one that
// is shown. Empty: no.
std::string safe_attribute(std::string_view name, std::string_view value);

}  // namespace letopis::mime
