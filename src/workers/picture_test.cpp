// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/picture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "base/bytes.hpp"

namespace letopis::workers {
namespace {

constexpr std::string_view png_begin = "\x89PNG\r\n\x1a\n";

// A PDF of objects, the first of which is the catalogue; the cross-reference table is right.
std::string pdf_of(const std::vector<std::string>& objects) {
    std::string out = "%PDF-1.4\n", table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        auto offset = std::to_string(out.size());
        table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
        out += std::to_string(i + 1) + " 0 obj" + objects[i] + "\nendobj\n";
    }
    const auto start = std::to_string(out.size());
    const auto size = std::to_string(objects.size() + 1);
    return out + "xref\n0 " + size + "\n0000000000 65535 f \n" + table + "trailer<</Size " + size +
           "/Root 1 0 R>>\nstartxref\n" + start + "\n%%EOF\n";
}

std::string stream_of(const std::string& content) {
    return "<</Length " + std::to_string(content.size()) + ">>stream\n" + content + "\nendstream";
}

std::string pdf(const std::string& box, const std::string& content, const std::string& more = "") {
    return pdf_of({"<</Type/Catalog/Pages 2 0 R" + more + ">>",
                   "<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>",
                   "<</Type/Page/Parent 2 0 R/MediaBox" + box +
                       "/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
                   stream_of(content),
                   "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
                   "<</S/JavaScript/JS(app.alert\\(1\\))>>"});
}

const std::string words = "BT /F1 24 Tf 72 700 Td (Contract 17) Tj ET";

// Width and height as a PNG says them itself.
std::pair<unsigned, unsigned> size_of(std::string_view png) {
    const auto number = [&](std::size_t at) {
        unsigned value = 0;
        for (std::size_t i = at; i < at + 4; ++i)
            value = value << 8 | static_cast<unsigned char>(png[i]);
        return value;
    };
    return {number(16), number(20)};
}

class Pictures : public ::testing::Test {
protected:
    void SetUp() override {
        if (access("/usr/bin/pdftoppm", X_OK) != 0) GTEST_SKIP() << "poppler-utils is absent";
        if (access("/usr/bin/gdk-pixbuf-thumbnailer", X_OK) != 0)
            GTEST_SKIP() << "libgdk-pixbuf2.0-bin is absent";
    }
};

TEST_F(Pictures, a_page_is_drawn_as_large_as_asked) {
    const auto document = pdf("[0 0 612 792]", words);
    const auto facts = pdf_facts(document);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->pages, 2u);
    EXPECT_FALSE(facts->scripts);
    EXPECT_EQ(facts->fault, Fault::none);

    const auto page = pdf_page(document, 2);
    ASSERT_TRUE(page);
    ASSERT_TRUE(page->png.starts_with(png_begin)) << name(page->fault);
    EXPECT_EQ(size_of(page->png).second, 1600u);

    const auto small = pdf_page(document, 1, thumbnail_side);
    ASSERT_TRUE(small);
    EXPECT_EQ(size_of(small->png).second, 96u);
}

TEST_F(Pictures, a_script_in_a_document_is_told_and_not_run) {
    const auto document = pdf("[0 0 612 792]", words, "/Names<</JavaScript<</Names[(a)6 0 R]>>>>");
    const auto facts = pdf_facts(document);

    ASSERT_TRUE(facts);
    EXPECT_TRUE(facts->scripts);
    EXPECT_EQ(pdf_page(document, 1)->fault, Fault::none);
}

TEST_F(Pictures, a_page_as_large_as_a_field_is_no_larger_a_picture) {
    const auto page = pdf_page(pdf("[0 0 9000000 9000000]", words), 1);

    ASSERT_TRUE(page);
    if (page->fault == Fault::none) {
        EXPECT_EQ(size_of(page->png).first, 1600u);
    }
}

TEST_F(Pictures, a_page_that_is_drawn_for_ever_is_given_up) {
    // Each form paints the next one ten times.
    std::vector<std::string> objects = {"<</Type/Catalog/Pages 2 0 R>>",
                                        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                                        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents "
                                        "4 0 R/Resources<</XObject<</X 5 0 "
                                        "R>>>>>>",
                                        stream_of("/X Do")};
    for (int depth = 0; depth < 12; ++depth) {
        std::string content;
        for (int i = 0; i < 10; ++i) content += "0 0 600 800 re f /X Do\n";
        objects.push_back(
            "<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X " +
            std::to_string(objects.size() + 2) + " 0 R>>>>/Length " +
            std::to_string(content.size()) + ">>stream\n" + content + "\nendstream");
    }
    objects.push_back("<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 0>>stream\n\nendstream");
    const auto page = pdf_page(pdf_of(objects), 1);

    ASSERT_TRUE(page);
    EXPECT_EQ(name(page->fault), "too_slow");
    EXPECT_EQ(page->png, "");
}

TEST_F(Pictures, what_is_no_document_has_a_fault) {
    EXPECT_EQ(pdf_facts("this is no PDF")->fault, Fault::damaged);
    EXPECT_EQ(pdf_page("this is no PDF", 1)->fault, Fault::damaged);
    EXPECT_EQ(pdf_page(pdf("[0 0 612 792]", words), 7)->fault, Fault::damaged);
    EXPECT_EQ(pdf_page(pdf("[0 0 612 792]", words), 0)->fault, Fault::too_large);
    EXPECT_EQ(image("<svg/>")->fault, Fault::damaged);
    EXPECT_EQ(image(std::string(png_begin) + "and no more")->fault, Fault::damaged);
}

TEST_F(Pictures, an_image_is_drawn_anew) {
    const auto drawn = pdf_page(pdf("[0 0 612 792]", words), 1)->png;
    EXPECT_EQ(size_of(image(image(drawn, 200)->png)->png).second, 200u) << "made larger";
    const auto again = image(drawn + "<script>alert(1)</script>", 200);

    ASSERT_TRUE(again);
    ASSERT_TRUE(again->png.starts_with(png_begin)) << name(again->fault);
    EXPECT_EQ(size_of(again->png).second, 200u);
    EXPECT_EQ(again->png.find("script"), again->png.npos);
}

TEST_F(Pictures, an_image_of_a_hundred_thousand_pixels_a_side_costs_nothing) {
    // A GIF whose head promises 65,535 × 65,535 points.
    const auto bomb = std::string("GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0", 24) +
                      std::string("\xff\xff\xff\xff\0\x02\x02\x44\x01\0;", 11);
    const auto picture = image(bomb);

    ASSERT_TRUE(picture);
    EXPECT_TRUE(picture->fault != Fault::none || size_of(picture->png).first <= 1600);
}

}  // namespace
}  // namespace letopis::workers
