// SPDX-License-Identifier: AGPL-3.0-or-later
// HTML -> what libxml2's push parser makes of it: no tree, no recursion, linear. Every element that
// starts also ends, in the order of nesting, whatever the source forgot.
#pragma once

#include <string_view>

namespace letopis::mime {

class HtmlEvents {
public:
    virtual ~HtmlEvents() = default;
    // Names are lower case, entities decoded. `attributes` is name, value or null, ..., null; or
    // null when there are none.
    virtual void start(std::string_view name, const char** attributes) = 0;
    virtual void end(std::string_view name) = 0;
    // Never the body of a script or a style.
    virtual void text(std::string_view text) = 0;
    // Nothing more is wanted.
    virtual bool full() const = 0;
};

// `html` is UTF-8.
void read_html(std::string_view html, HtmlEvents& events);

}  // namespace letopis::mime
