// SPDX-License-Identifier: AGPL-3.0-or-later
// tests/hostile-html and the real mail of other projects: whatever goes in, what comes out is of
// the allow-lists, by a strict reader and by libxml2, and does not change any more.
#include <gtest/gtest.h>
#include <libxml/HTMLparser.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>

#include "base/bytes.hpp"
#include "mime/display_soundness.hpp"
#include "mime/display_writer.hpp"
#include "mime/test_support.hpp"

namespace letopis::mime {
namespace {

namespace json = boost::json;
using std::filesystem::path;

double cpu_seconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

// By a tree of libxml2: elements, attributes and addresses of the body.
std::string fault_of_tree(const std::string& html) {
    std::unique_ptr<xmlDoc, void (*)(xmlDoc*)> doc(
        htmlReadMemory(html.data(),
                       static_cast<int>(html.size()),
                       nullptr,
                       "UTF-8",
                       HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET),
        xmlFreeDoc);
    if (!doc) return "libxml2 reads no document";
    int styles = 0;
    const auto text = [](const xmlChar* name) { return reinterpret_cast<const char*>(name); };
    const xmlNode* node = xmlDocGetRootElement(doc.get());
    while (node) {
        if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE) return "a comment";
        if (node->type == XML_ELEMENT_NODE) {
            const std::string name = text(node->name);
            const bool frame = listed("html head body meta style", name);
            if (name == "style" && ++styles > 1) return "a second <style>";
            if (!frame && !listed(shown_elements, name)) return "element " + name;
            for (const auto* one = node->properties; one && !frame; one = one->next) {
                std::unique_ptr<xmlChar, void (*)(void*)> value(
                    xmlNodeListGetString(doc.get(), one->children, 1), xmlFree);
                const auto fault =
                    fault_of_attribute(name, text(one->name), value ? text(value.get()) : "");
                if (!fault.empty()) return fault;
            }
        }
        if (node->children && node->type == XML_ELEMENT_NODE) {
            node = node->children;
            continue;
        }
        while (node && !node->next) node = node->parent;
        if (node) node = node->next;
        if (node && node->type == XML_HTML_DOCUMENT_NODE) break;
    }
    return {};
}

std::string fault_everywhere(const model::Display& display) {
    if (auto fault = fault_of_display(display); !fault.empty()) return fault;
    if (auto fault = fault_of_tree(display.html); !fault.empty()) return fault + " (libxml2)";
    DisplayWriter again(nullptr);
    again.add(display.html);
    return again.finish().html == display.html ? "" : "it changes when it is read again";
}

struct Hostile {
    std::string name, mail;
};

std::string html_of(const json::object& body) {
    if (const auto* bytes = body.if_contains("base64")) {
        const auto& text = bytes->as_string();
        return unbase64({text.data(), text.size()}).value();
    }
    if (const auto* text = body.if_contains("html")) return std::string(text->as_string());
    std::string out;
    for (const auto& piece : body.at("repeat").as_array())
        for (auto left = piece.at(1).as_int64(); left > 0; --left)
            out += std::string_view(piece.at(0).as_string());
    return out;
}

std::vector<Hostile> hostile() {
    std::vector<Hostile> out;
    std::ifstream file(path(LETOPIS_SOURCE_DIR) / "tests" / "hostile-html" / "corpus.jsonl");
    for (std::string line; std::getline(file, line);) {
        const auto body = json::parse(line).as_object();
        const auto* charset = body.if_contains("charset");
        const std::string label(charset ? std::string(charset->as_string()) : "utf-8");
        out.push_back({std::string(body.at("name").as_string()),
                       "Subject: x\nContent-Type: text/html; charset=\"" + label +
                           "\"\nContent-Transfer-Encoding: base64\n\n" + base64(html_of(body))});
    }
    return out;
}

// With LETOPIS_HOSTILE_OUT every shown document is written into that folder, for a browser.
void keep(const std::string& name, const std::string& html) {
    if (const char* folder = std::getenv("LETOPIS_HOSTILE_OUT"))
        std::ofstream(path(folder) / (name + ".html"), std::ios::binary) << html;
}

TEST(HostileHtml, every_body_comes_out_harmless_and_soon) {
    const auto bodies = hostile();
    EXPECT_GE(bodies.size(), 300u);
    for (const auto& [name, raw] : bodies) {
        const auto began = cpu_seconds();
        const auto display = mime::display(raw, model::Dialect::mail);
        EXPECT_LT(cpu_seconds() - began, 2.0) << name;
        ASSERT_TRUE(display) << name;
        EXPECT_EQ(fault_everywhere(*display), "") << name << "\n" << display->html.substr(0, 2000);
        keep(name, display->html);
    }
}

TEST(HostileHtml, two_bodies_in_one_letter_do_not_help_each_other) {
    const auto bodies = hostile();
    for (std::size_t i = 0; i + 1 < bodies.size(); i += 7) {
        if (bodies[i].mail.size() + bodies[i + 1].mail.size() > 100'000) continue;
        const auto display =
            mime::display("Content-Type: multipart/mixed; boundary=x\n\n--x\n" + bodies[i].mail +
                              "\n--x\n" + bodies[i + 1].mail + "\n--x--\n",
                          model::Dialect::mail);
        ASSERT_TRUE(display) << bodies[i].name;
        EXPECT_EQ(fault_everywhere(*display), "") << bodies[i].name;
    }
}

TEST(HostileHtml, honest_letters_keep_their_words_links_and_pictures) {
    std::map<std::string, std::string> shown;
    for (const auto& [name, raw] : hostile())
        if (name.starts_with("letter"))
            shown[name] = mime::display(raw, model::Dialect::mail)->html;
    for (const std::string piece :
         {"Hello", "World", "font-size:11.0pt", "font-family:&#39;Calibri&#39;,sans-serif"})
        EXPECT_NE(shown["letter-01"].find(piece), std::string::npos) << piece;
    EXPECT_NE(shown["letter-02"].find("border-left:1px solid rgb(204,204,204)"), std::string::npos);
    EXPECT_NE(shown["letter-03"].find("href=\"https://shop.example/?a=1&amp;b=2\""),
              std::string::npos);
    EXPECT_NE(shown["letter-06"].find("Привет, <b>мир</b>! 1 &lt; 2 &amp;&amp; 3 &gt; 2"),
              std::string::npos);
    EXPECT_NE(shown["letter-09"].find("<img src=\"data:image/png;base64,"), std::string::npos);
}

TEST(SharedHtml, real_letters_come_out_harmless_and_soon) {
    if (!std::filesystem::exists(shared_data() / "email"))
        GTEST_SKIP() << "no shared data at " << shared_data();
    int mails = 0, bare = 0, cut = 0;
    std::size_t bytes = 0;
    double seconds = 0;
    for (const std::string folder : {"email", "attachments"})
        for (const auto& file : files_under(shared_data() / folder)) {
            if (std::filesystem::file_size(file) > (32u << 20)) continue;
            auto raw = *read_file(file);
            const auto kind = file.extension().string();
            const bool page = kind == ".html" || kind == ".htm" || kind == ".xhtml";
            if (page) raw = "Content-Type: text/html\n\n" + raw;
            const auto began = cpu_seconds();
            const auto display = mime::display(raw, model::Dialect::mail);
            const auto took = cpu_seconds() - began;
            if (!display) continue;
            EXPECT_LT(took, 2.0) << file;
            EXPECT_EQ(fault_everywhere(*display), "") << file;
            keep("real-" + std::to_string(mails + bare), display->html);
            ++(page ? bare : mails);
            cut += display->cut;
            bytes += raw.size();
            seconds += took;
        }
    std::printf("%d mails and %d pages with HTML, %d cut, %.1f MB/s of raw bytes\n",
                mails,
                bare,
                cut,
                seconds > 0 ? double(bytes) / 1e6 / seconds : 0.0);
    EXPECT_GT(mails, 100);
}

}  // namespace
}  // namespace letopis::mime
