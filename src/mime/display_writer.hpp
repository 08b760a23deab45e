// SPDX-License-Identifier: AGPL-3.0-or-later
// HTML of strangers -> a document written anew from allow-lists: what is not known to be harmless
// is not there. A pure function: the same HTML gives the same document, and a document that came
// out goes in unchanged.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mime/html_events.hpp"
#include "model/display.hpp"

namespace letopis::mime {

// docs/formats/limits.md
constexpr int display_depth_max = 200;
constexpr std::size_t display_elements_max = 200'000;
constexpr std::size_t display_text_max = std::size_t(2) << 20;
constexpr std::size_t display_images_max = std::size_t(8) << 20;

class DisplayWriter final : public HtmlEvents {
public:
    // The bytes of the picture with this content id, empty when there is none or it is too large.
    using Picture = std::function<std::string_view(std::string_view content_id)>;
    explicit DisplayWriter(Picture picture);

    // One HTML text in UTF-8; a further one stands under a line.
    void add(std::string_view html);
    model::Display finish();

private:
    void start(std::string_view name, const char** attributes) override;
    void end(std::string_view name) override;
    void text(std::string_view text) override;
    bool full() const override { return full_; }

    bool put(std::string_view piece);
    void close_to(std::size_t depth);
    // False when the element may not be shown, and nothing was written.
    bool open(std::string_view name, std::string_view attributes);
    void show_void(std::string_view name, std::string_view attributes);
    void link(const char** attributes);
    void body(const char** attributes);
    void image(const char** attributes);
    std::string attributes_of(const char** attributes, bool with_title = true);
    bool may_show();
    void placeholder(std::string_view alt, std::string_view host);
    std::string picture_source(std::string_view source);

    Picture picture_;
    model::Display shown_;
    bool begun_ = false, full_ = false;
    std::size_t depth_ = 0;              // open elements of the source
    std::size_t drop_depth_ = 0;         // the one of them that goes with its content; 0: none
    std::vector<std::string> shown_as_;  // of each; empty when it is not shown
    int shown_depth_ = 0;
    int links_open_ = 0;
    std::size_t elements_ = 0, text_bytes_ = 0, image_bytes_ = 0;
};

}  // namespace letopis::mime
