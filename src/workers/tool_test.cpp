// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/tool.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "workers/sandboxed.hpp"

namespace letopis::workers {
namespace {

// A PDF of one page with the given words, written by hand; the cross-reference table is right.
std::string pdf(const std::string& words) {
    const std::string content = "BT /F1 24 Tf 72 700 Td (" + words + ") Tj ET";
    const std::vector<std::string> objects = {
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 "
        "R>>>>>>",
        "<</Length " + std::to_string(content.size()) + ">>stream\n" + content + "\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"};
    std::string out = "%PDF-1.4\n", table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        auto offset = std::to_string(out.size());
        table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
        out += std::to_string(i + 1) + " 0 obj" + objects[i] + "\nendobj\n";
    }
    const auto start = out.size();
    return out + "xref\n0 6\n0000000000 65535 f \n" + table +
           "trailer<</Size 6/Root 1 0 R>>\nstartxref\n" + std::to_string(start) + "\n%%EOF\n";
}

class Tool : public ::testing::Test {
protected:
    void SetUp() override {
        if (access("/usr/bin/pdftotext", X_OK) != 0) GTEST_SKIP() << "poppler-utils is absent";
    }
};

TEST_F(Tool, reads_the_words_of_a_pdf_and_names_itself) {
    const auto text = pdf_text(pdf("Contract number 17"));

    ASSERT_TRUE(text);
    EXPECT_NE(text->text.find("Contract number 17"), text->text.npos);
    EXPECT_EQ(text->problem, "");
    EXPECT_EQ(text->tool, "pdftotext");
    EXPECT_FALSE(text->version.empty());
    EXPECT_EQ(text->degraded, !namespaces_work());
}

TEST_F(Tool, garbage_is_a_problem_and_no_error) {
    const auto text = pdf_text("this is no PDF at all");

    ASSERT_TRUE(text);
    EXPECT_EQ(text->text, "");
    EXPECT_EQ(text->problem, "the document is damaged or no PDF");
}

TEST_F(Tool, works_without_namespaces_and_says_so) {
    const auto run =
        run_tool_degraded("/usr/bin/pdftotext", {"-q", "{in}", "-"}, pdf("Plain walls"));

    ASSERT_TRUE(run);
    EXPECT_TRUE(run->degraded);
    EXPECT_NE(run->output.find("Plain walls"), run->output.npos) << run->errors;
}

TEST(Sandboxed, the_network_is_closed_in_both_ways_of_running) {
    const std::vector<std::string> script = {
        "-c",
        "import socket\ntry:\n socket.socket()\n print('open')\nexcept OSError: print('closed')"};
    if (access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "python3 is absent";

    const auto degraded = run_tool_degraded("/usr/bin/python3", script, "x");
    ASSERT_TRUE(degraded);
    EXPECT_EQ(degraded->output, "closed\n") << degraded->errors;
    const auto walled = run_tool("/usr/bin/python3", script, "x");
    ASSERT_TRUE(walled);
    EXPECT_EQ(walled->output, "closed\n") << walled->errors;
}

TEST(Sandboxed, nothing_of_the_host_but_usr_is_seen) {
    if (!namespaces_work()) GTEST_SKIP() << "namespaces are refused on this host";

    const auto run = run_tool("/usr/bin/ls", {"/"}, "x");

    ASSERT_TRUE(run);
    EXPECT_EQ(run->output, "bin\nin\nlib\nlib64\ntmp\nusr\n");
}

TEST(Sandboxed, endless_output_is_cut_and_the_program_ended) {
    const auto run = run_tool_degraded("/usr/bin/yes", {}, "x");

    ASSERT_TRUE(run);
    EXPECT_TRUE(run->cut);
    EXPECT_EQ(run->output.size(), std::size_t(16) << 20);
}

TEST(Sandboxed, greed_for_memory_is_refused) {
    if (access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "python3 is absent";

    const auto run = run_tool_degraded(
        "/usr/bin/python3", {"-c", "x = bytearray(800 * 1024 * 1024); print('had it')"}, "x");

    ASSERT_TRUE(run);
    EXPECT_EQ(run->output, "");
    EXPECT_NE(run->exit_code, 0);
}

}  // namespace
}  // namespace letopis::workers
