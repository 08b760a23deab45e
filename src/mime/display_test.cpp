// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "mime/display_rules.hpp"
#include "mime/display_soundness.hpp"
#include "mime/display_style.hpp"
#include "mime/display_url.hpp"
#include "mime/display_writer.hpp"
#include "mime/test_support.hpp"

namespace letopis::mime {
namespace {

const std::string png("\x89PNG\r\n\x1A\nrest", 12);

model::Display shown(std::string_view html) {
    DisplayWriter writer(nullptr);
    writer.add(html);
    return writer.finish();
}

std::string body(std::string_view html) {
    const auto display = shown(html);
    EXPECT_EQ(fault_of_display(display), "") << html.substr(0, 200);
    return std::string(body_of(display.html));
}

model::Display mail(const std::string& raw) {
    auto display = mime::display(raw, model::Dialect::mail);
    EXPECT_TRUE(display) << raw;
    if (!display) return {};
    EXPECT_EQ(fault_of_display(*display), "") << raw;
    return std::move(*display);
}

TEST(Display, what_a_letter_is_made_of_survives) {
    EXPECT_EQ(body("<p align=center>a <b>b</b><br>1 &lt; 2 &amp; 3</p>"),
              "<p align=\"center\">a <b>b</b><br>1 &lt; 2 &amp; 3</p>");
    EXPECT_EQ(body("<table width=50% border=0><tr><td bgcolor=#FFF nowrap>x</td></tr></table>"),
              "<table width=\"50%\" border=\"0\"><tr><td bgcolor=\"#FFF\" nowrap=\"nowrap\">x</td>"
              "</tr></table>");
    EXPECT_EQ(body("<font color=red face='Arial, sans-serif' size=+1>x</font>"),
              "<font color=\"red\" face=\"Arial,sans-serif\" size=\"+1\">x</font>");
    EXPECT_EQ(body("<pre>a\r\n  b</pre>"), "<pre>a\n  b</pre>");
}

TEST(Display, an_unknown_element_goes_and_its_text_stays) {
    EXPECT_EQ(body("<p>a<o:p>b</o:p><marquee>c</marquee></p>"),
              "<p>a<data>b</data><data>c</data></p>");
    EXPECT_EQ(shown("<p>a<o:p>b</o:p></p>").dropped_elements, 1u);
}

TEST(Display, what_runs_loads_or_asks_goes_with_its_content) {
    for (const std::string name : {"script",
                                   "style",
                                   "template",
                                   "noscript",
                                   "svg",
                                   "math",
                                   "iframe",
                                   "object",
                                   "form",
                                   "button",
                                   "textarea",
                                   "select",
                                   "title"})
        EXPECT_EQ(body("<div>a<" + name + ">secret</" + name + ">b</div>"), "<div>ab</div>")
            << name;
    EXPECT_EQ(body("<div>a<input value=x><embed src=x>b</div>"), "<div>ab</div>");
}

TEST(Display, names_and_handlers_do_not_survive) {
    EXPECT_EQ(body("<p id=a class=b name=c onclick=d data-x=e aria-label=f is=g>x</p>"),
              "<p>x</p>");
}

TEST(Display, a_link_shows_where_it_leads) {
    const auto display = shown("<a href=' https://a.example/?x=1&amp;y=2' title=bank>x</a>");
    EXPECT_EQ(body_of(display.html),
              "<a href=\"https://a.example/?x=1&amp;y=2\" title=\"https://a.example/?x=1&amp;y=2\" "
              "rel=\"noreferrer noopener nofollow\" target=\"_blank\">x</a>");
    EXPECT_EQ(display.links, 1u);
    EXPECT_EQ(shown("<a href=javascript:alert(1)>x</a>").links, 0u);
}

TEST(Display, only_four_schemes_are_links) {
    for (const std::string url :
         {"http://a.example", "https://a.example/b", "mailto:a@b.example", "tel:+7495"})
        EXPECT_EQ(safe_link(url), url);
    EXPECT_EQ(safe_link("HTTPS://a.example/a b\"<\n>"), "HTTPS://a.example/a%20b%22%3C%3E");
    for (const std::string url : {"javascript:alert(1)",
                                  "JaVa\tScRiPt:alert(1)",
                                  "\x01javascript:x",
                                  "java\nscript:x",
                                  "vbscript:x",
                                  "data:text/html,x",
                                  "file:///x",
                                  "//a.example",
                                  "a.example",
                                  "",
                                  "http:",
                                  "https:a.example",
                                  "http://",
                                  "mailto:",
                                  "ftp://a.example",
                                  "\xC2\xA0https://a.example"})
        EXPECT_EQ(safe_link(url), "") << url;
    EXPECT_EQ(safe_link("https://a.example/" + std::string(20'000, 'a')), "");
}

TEST(Display, a_remote_image_is_named_and_counted) {
    const auto display = shown(
        "<img src=https://x@track.example:8080/a?b alt='A &lt;b>'><img src=//b.example/c>"
        "<td background=http://c.example/>");
    EXPECT_EQ(display.remote_images, 3u);
    EXPECT_NE(display.html.find("[A &lt;b&gt; track.example:8080]"), std::string::npos);
    EXPECT_NE(display.html.find("[b.example]"), std::string::npos);
    EXPECT_EQ(display.html.find("<img"), std::string::npos);
    EXPECT_EQ(remote_host("\\\\a.example\\b"), "a.example");
    EXPECT_EQ(remote_host("cid:x"), "");
    EXPECT_EQ(remote_host("a/b:c"), "");
}

TEST(Display, a_data_image_is_what_its_bytes_are) {
    const auto encoded = base64(png);
    EXPECT_EQ(body("<img src='data:text/html;base64," + encoded + "' alt=x>"),
              "<img src=\"data:image/png;base64," + encoded + "\" alt=\"x\">");
    EXPECT_EQ(body("<img src='data:image/png;base64,PHNjcmlwdD4=' alt=x>"),
              "<span style=\"border:1px dotted #999;color:#555\">[x]</span>");
    EXPECT_EQ(body("<img src='data:image/svg+xml,%3Csvg%3E'>"), "");
    EXPECT_EQ(image_type("GIF89a;"), "image/gif");
    EXPECT_EQ(image_type("\xFF\xD8\xFF\xE0"), "image/jpeg");
    EXPECT_EQ(image_type("RIFF1234WEBPVP8 "), "image/webp");
    EXPECT_EQ(image_type("<svg>"), "");
}

TEST(Display, styles_paint_and_measure_only) {
    EXPECT_EQ(safe_style("COLOR: Red ; width:10.5px; font-family:\"Times New Roman\", serif"),
              "color:Red;width:10.5px;font-family:'Times New Roman',serif");
    EXPECT_EQ(safe_style("color:rgb(1, 2,3) !important;font:12px/1.5 Arial"),
              "color:rgb(1, 2,3) !important;font:12px / 1.5 Arial");
    for (const std::string style : {"background:url(x)",
                                    "background:u\\72l(x)",
                                    "width:expression(1)",
                                    "position:fixed",
                                    "-moz-binding:x",
                                    "behavior:x",
                                    "color:re/**/d",
                                    "content:'x'",
                                    "color:'x'",
                                    "color:rgb(1",
                                    "width:1e9px",
                                    "width:123456px",
                                    "width:10vw",
                                    "color:#12",
                                    "@import 'x'",
                                    "color:var(--x)",
                                    "filter:alpha(1)",
                                    "color",
                                    "color:",
                                    ":red",
                                    "color:javascript:x",
                                    "font-family:'a\\'b'",
                                    "z-index:1"})
        EXPECT_EQ(safe_style(style), "") << style;
}

TEST(Display, the_ground_of_the_letter_is_kept) {
    EXPECT_EQ(body("<body bgcolor=black text=white><b>x</b></body>"),
              "<section style=\"background-color:black;color:white\"><b>x</b></section>");
}

TEST(Display, deep_nesting_is_flattened_and_loses_no_text) {
    std::string deep;
    for (int i = 0; i < 5000; ++i) deep += "<div>";
    const auto display = shown(deep + "end");
    EXPECT_EQ(fault_of_display(display), "");
    EXPECT_NE(display.html.find("end"), std::string::npos);
    EXPECT_FALSE(display.cut);
}

TEST(Display, what_is_too_long_is_cut_and_says_so) {
    const auto text = shown("<p>" + std::string(3 << 20, 'x') + "</p>");
    EXPECT_TRUE(text.cut);
    EXPECT_LT(text.html.size(), (2u << 20) + 4096);
    std::string flood;
    for (int i = 0; i < 250'000; ++i) flood += "<br>";
    EXPECT_TRUE(shown(flood).cut);
    std::string images;
    const auto two = base64(png + std::string((2 << 20) - 100, '\0'));
    for (int i = 0; i < 5; ++i) images += "<img src=data:image/png;base64," + two + ">";
    const auto pictures = shown(images);
    EXPECT_TRUE(pictures.cut);
    EXPECT_EQ(fault_of_display(pictures), "");
    EXPECT_EQ(
        body("<img src=data:image/png;base64," + base64(png + std::string(2 << 20, '\0')) + ">"),
        "");
}

TEST(DisplayOfMail, a_mail_without_html_has_none) {
    EXPECT_EQ(mime::display("Subject: x\n\nplain", model::Dialect::mail).error().code,
              Errc::not_found);
    EXPECT_EQ(mime::display("", model::Dialect::mail).error().code, Errc::not_found);
}

TEST(DisplayOfMail, the_html_form_of_an_alternative_is_taken) {
    const auto display = mail(
        "Content-Type: multipart/alternative; boundary=x\n\n--x\n\nplain\n--x\n"
        "Content-Type: text/html; charset=koi8-r\n\n<b>\xF0\xD2\xC9\xD7\xC5\xD4</b>\n--x--\n");
    EXPECT_NE(display.html.find("<b>Привет</b>"), std::string::npos);
    EXPECT_EQ(display.html.find("plain"), std::string::npos);
}

TEST(DisplayOfMail, an_inline_picture_of_the_same_mail_is_shown) {
    const std::string raw =
        "Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n"
        "<img src='cid:pic%40a'><img src=cid:lie><img src=cid:none alt=gone>\n--x\n"
        "Content-Type: application/octet-stream\nContent-ID: <pic@a>\n"
        "Content-Transfer-Encoding: base64\n\n" +
        base64(png) +
        "\n--x\nContent-Type: image/png\nContent-ID: <lie>\n\n<svg onload=alert(1)>\n--x--\n";
    const auto display = mail(raw);
    EXPECT_NE(display.html.find("<img src=\"data:image/png;base64," + base64(png) + "\">"),
              std::string::npos);
    EXPECT_EQ(display.html.find("svg"), std::string::npos);
    EXPECT_NE(display.html.find("[gone]"), std::string::npos);
    EXPECT_EQ(display.remote_images, 0u);
}

TEST(DisplayOfMail, several_html_parts_stand_one_below_the_other) {
    const auto display = mail(
        "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n\n<i>one\n"
        "--x\nContent-Type: text/html\n\n<b>two\n--x--\n");
    EXPECT_LT(display.html.find("<i>one"), display.html.find("<hr>"));
    EXPECT_LT(display.html.find("<hr>"), display.html.find("<b>two"));
}

TEST(DisplayOfMail, neither_a_mail_inside_nor_a_file_is_opened) {
    EXPECT_FALSE(
        mime::display("Content-Type: multipart/mixed; boundary=x\n\n--x\n\nplain\n--x\n"
                      "Content-Type: message/rfc822\n\nContent-Type: text/html\n\n<b>in\n"
                      "--x\nContent-Type: text/html; name=a.html\n"
                      "Content-Disposition: attachment\n\n<b>file\n--x--\n",
                      model::Dialect::mail));
}

}  // namespace
}  // namespace letopis::mime
