// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/picture.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "workers/sandboxed.hpp"

namespace letopis::workers {
namespace {

constexpr ToolOptions options{.cpu_seconds = 10, .wall_seconds = 20, .fonts = true};
constexpr std::string_view png_begin = "\x89PNG\r\n\x1a\n";
constexpr const char* png_end_mark = "IEND";

Result<void> installed(const char* program, const char* package) {
    if (access(program, X_OK) == 0) return {};
    return fail(Errc::not_found,
                std::string(program) + " is not installed",
                std::string("Install ") + package + ".");
}

Fault fault_of(const ToolRun& run) {
    if (run.cut) return Fault::too_large;
    if (run.stopped == "CPU limit" || run.stopped == "time limit") return Fault::too_slow;
    if (run.errors.find("Incorrect password") != run.errors.npos) return Fault::locked;
    if (run.errors.find("ut of memory") != run.errors.npos ||
        run.errors.find("memory") != run.errors.npos)
        return Fault::too_large;
    return Fault::damaged;
}

Picture picture_of(ToolRun run) {
    const bool whole = run.exit_code == 0 && !run.cut && run.output.starts_with(png_begin) &&
                       run.output.find(png_end_mark, run.output.size() - 12) != run.output.npos;
    if (!whole) return {.png = {}, .fault = fault_of(run)};
    return {.png = std::move(run.output), .fault = Fault::none};
}

// "Pages:           12"
std::string_view line_of(std::string_view output, std::string_view field) {
    for (std::size_t at = 0; at < output.size();) {
        const auto end = std::min(output.find('\n', at), output.size());
        auto line = output.substr(at, end - at);
        at = end + 1;
        if (!line.starts_with(field)) continue;
        line.remove_prefix(field.size());
        return line.substr(std::min(line.find_first_not_of(' '), line.size()));
    }
    return {};
}

bool is_known_image(std::string_view bytes) {
    return bytes.starts_with(png_begin) || bytes.starts_with("\xff\xd8\xff") ||
           bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a") ||
           (bytes.starts_with("RIFF") && bytes.substr(8).starts_with("WEBP"));
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, int size, bool little) {
    std::uint32_t value = 0;
    for (int i = 0; i < size; ++i) {
        const auto offset = at + static_cast<std::size_t>(little ? size - 1 - i : i);
        value =
            value << 8 | (offset < bytes.size() ? static_cast<unsigned char>(bytes[offset]) : 0);
    }
    return value;
}

// The longer side as the head of a PNG, GIF or JPEG claims it, 0 where it cannot be told. Only used
// not to draw a small picture larger than it is.
std::uint32_t claimed_side(std::string_view bytes) {
    const auto longer = [&](std::size_t at, int size, bool little) {
        return std::max(number_at(bytes, at, size, little),
                        number_at(bytes, at + static_cast<std::size_t>(size), size, little));
    };
    if (bytes.starts_with(png_begin)) return longer(16, 4, false);
    if (bytes.starts_with("GIF8")) return longer(6, 2, true);
    if (!bytes.starts_with("\xff\xd8")) return 0;
    for (std::size_t at = 2, segments = 0; at + 9 < bytes.size() && segments < 200; ++segments) {
        const auto mark = number_at(bytes, at, 2, false);
        const bool frame =
            mark >= 0xffc0 && mark <= 0xffcf && mark != 0xffc4 && mark != 0xffc8 && mark != 0xffcc;
        if (frame) return longer(at + 5, 2, false);
        if (mark < 0xff00) return 0;
        at += 2 + number_at(bytes, at + 2, 2, false);
    }
    return 0;
}

}  // namespace

std::string_view name(Fault fault) {
    switch (fault) {
        case Fault::none: return "";
        case Fault::locked: return "locked";
        case Fault::damaged: return "damaged";
        case Fault::too_large: return "too_large";
        case Fault::too_slow: return "too_slow";
    }
    return "";
}

Result<PdfFacts> pdf_facts(std::string_view pdf) {
    constexpr const char* program = "/usr/bin/pdfinfo";
    TRY_DO(installed(program, "poppler-utils"));
    TRY(const auto run, run_tool(program, {"-enc", "UTF-8", "{in}"}, pdf, options));
    PdfFacts facts;
    const auto pages = line_of(run.output, "Pages:");
    std::from_chars(pages.data(), pages.data() + pages.size(), facts.pages);
    facts.scripts = line_of(run.output, "JavaScript:").starts_with("yes");
    if (run.exit_code != 0 || facts.pages == 0) facts.fault = fault_of(run);
    return facts;
}

Result<Picture> pdf_page(std::string_view pdf, std::uint32_t page, int side) {
    constexpr const char* program = "/usr/bin/pdftoppm";
    TRY_DO(installed(program, "poppler-utils"));
    if (page < 1 || page > pdf_pages_max) return Picture{.png = {}, .fault = Fault::too_large};
    const auto number = std::to_string(page);
    TRY(auto run,
        run_tool(program,
                 {"-png", "-f", number, "-l", number, "-scale-to", std::to_string(side), "{in}"},
                 pdf,
                 options));
    return picture_of(std::move(run));
}

Result<Picture> image(std::string_view bytes, int side) {
    constexpr const char* program = "/usr/bin/gdk-pixbuf-thumbnailer";
    TRY_DO(installed(program, "libgdk-pixbuf2.0-bin"));
    if (!is_known_image(bytes)) return Picture{.png = {}, .fault = Fault::damaged};
    if (const auto own = claimed_side(bytes); own > 0 && own < static_cast<std::uint32_t>(side))
        side = static_cast<int>(own);
    // It writes to a file only: within the walls there is a /tmp, without them its own output.
    const std::vector<std::string> script =
        namespaces_work()
            ? std::vector<std::string>{"-c",
                                       "\"$0\" -s \"$1\" \"$2\" /tmp/out && exec cat /tmp/out"}
            : std::vector<std::string>{"-c", "exec \"$0\" -s \"$1\" \"$2\" /proc/self/fd/1"};
    auto arguments = script;
    arguments.insert(arguments.end(), {program, std::to_string(side), "{in}"});
    TRY(auto run, run_tool("/usr/bin/sh", arguments, bytes, options));
    return picture_of(std::move(run));
}

}  // namespace letopis::workers
