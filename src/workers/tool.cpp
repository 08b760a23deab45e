// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/tool.hpp"

#include <unistd.h>

#include <algorithm>

#include "utf8/utf8.hpp"
#include "workers/sandboxed.hpp"

namespace letopis::workers {
namespace {

constexpr const char* pdftotext = "/usr/bin/pdftotext";

// "pdftotext version 22.12.0\nCopyright …"
std::string version_of_pdftotext() {
    const auto run = run_tool(pdftotext, {"-v"}, "x");
    if (!run) return {};
    constexpr std::string_view before = "version ";
    const auto at = run->errors.find(before);
    if (at == run->errors.npos) return {};
    const auto begin = at + before.size();
    return utf8::repair(run->errors.substr(begin, run->errors.find('\n', begin) - begin));
}

// Fixed sentences: what the program says itself may quote the document.
std::string problem_of(const ToolRun& run) {
    if (run.cut) return "more than 16 MiB of text; the rest is left out";
    if (!run.stopped.empty()) return "the program was stopped: " + run.stopped;
    if (run.exit_code == 0) return {};
    if (run.errors.find("Incorrect password") != run.errors.npos)
        return "the document is encrypted";
    if (run.exit_code == 3) return "the document forbids copying its text";
    return "the document is damaged or no PDF";
}

std::string clean(std::string_view text) {
    std::string out = utf8::repair(text);
    std::replace(out.begin(), out.end(), '\f', '\n');
    std::erase_if(out, [](char c) { return c == '\0' || c == '\r'; });
    return out;
}

}  // namespace

Result<ToolText> pdf_text(std::string_view pdf_bytes) {
    if (access(pdftotext, X_OK) != 0)
        return fail(Errc::not_found, "pdftotext is not installed", "Install poppler-utils.");
    static const std::string version = version_of_pdftotext();
    TRY(const auto run,
        run_tool(pdftotext, {"-q", "-enc", "UTF-8", "-eol", "unix", "{in}", "-"}, pdf_bytes));
    ToolText out;
    out.text = clean(run.output);
    out.tool = "pdftotext";
    out.version = version;
    out.degraded = run.degraded;
    out.problem = problem_of(run);
    return out;
}

}  // namespace letopis::workers
