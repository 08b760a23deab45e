// SPDX-License-Identifier: AGPL-3.0-or-later
// What a document looks like, as a PNG: foreign programs draw it within the walls of profile `tool`
// (docs/formats/limits.md). Nothing of the document itself gets out, only the pixels; a PDF's
// scripts, forms and links are not run and not followed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace letopis::workers {

// Why a document is not shown. Names are part of the API: add, never reuse.
enum class Fault : std::uint8_t {
    none,
    locked,     // it wants a password
    damaged,    // it cannot be read, or is not what it says
    too_large,  // memory, output or pages over the limit
    too_slow,   // time over the limit
};
std::string_view name(Fault fault);  // "locked"; "" for none

struct PdfFacts {
    std::uint32_t pages = 0;
    bool scripts = false;  // it brings JavaScript, which nobody runs
    Fault fault = Fault::none;
};

struct Picture {
    std::string png;  // empty when there is a fault
    Fault fault = Fault::none;
};

constexpr std::uint32_t pdf_pages_max = 2000;  // that can be turned to
constexpr int picture_side_max = 1600;         // pixels, of the longer side
constexpr int thumbnail_side = 96;

// Errors of all three: not_found (the program is not installed), unavailable (no process could be
// started). A document that cannot be shown is not an error: `fault` tells.
Result<PdfFacts> pdf_facts(std::string_view pdf);
// Pages count from 1.
Result<Picture> pdf_page(std::string_view pdf, std::uint32_t page, int side = picture_side_max);
// Any of PNG, JPEG, GIF (its first picture) and WebP, drawn anew.
Result<Picture> image(std::string_view bytes, int side = picture_side_max);

}  // namespace letopis::workers
