// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/body.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <memory>

#include "mime/ascii.hpp"
#include "mime/header.hpp"
#include "mime/plain.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

using model::Attachment;

constexpr int top = -1;  // the owner of what stands in no message part

// Size and SHA-256 of decoded bytes that are never held as a whole.
class Measure {
public:
    Measure() : context_(EVP_MD_CTX_new()) {
        static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        EVP_DigestInit_ex(context_.get(), sha256, nullptr);
    }
    void add(std::string_view piece) {
        size_ += piece.size();
        EVP_DigestUpdate(context_.get(), piece.data(), piece.size());
    }
    void finish(Attachment& attachment) {
        Digest digest{};
        EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
        attachment.size = size_;
        attachment.sha256 = digest;
    }

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
    std::uint64_t size_ = 0;
};

bool blank(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_space(c); });
}

bool ends_with_nocase(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && equal_nocase(text.substr(text.size() - end.size()), end);
}

bool is_text_file(const Part& part, std::string_view name) {
    if (part.type_is("text/") || part.type_is("message/")) return true;
    if (part.type.value != "application/octet-stream") return part.type.value == "application/ics";
    for (const std::string_view end : {".txt", ".csv", ".ics", ".vcf", ".log", ".md"})
        if (ends_with_nocase(name, end)) return true;
    return false;
}

std::string file_name(const Part& part) {
    std::string_view name = part.disposition["filename"];
    if (name.empty()) name = part.disposition["name"];
    if (name.empty()) name = part.type["name"];
    if (name.empty()) name = part.type["filename"];
    return base_name(name);
}

// One thing to read: a text part, or a plain and an HTML form of the same.
struct Unit {
    int alternative = -1;  // the outermost multipart/alternative around, or -1
    std::string plain, html;
    bool has_plain = false, has_html = false;
    std::string_view literal;
};

class Reader {
public:
    Reader(const Tree& tree, std::string_view charset) : tree_(tree), charset_(charset) {}

    Body run() {
        owners();
        for (std::size_t i = 0; i < tree_.parts().size(); ++i) visit(static_cast<int>(i));
        finish_texts();
        return std::move(body_);
    }

private:
    // The nearest message part above each part, and the outermost alternative below that.
    void owners() {
        const auto& parts = tree_.parts();
        owner_.assign(parts.size(), top);
        alternative_.assign(parts.size(), -1);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const int parent = parts[i].parent;
            if (parent < 0) continue;
            const auto up = static_cast<std::size_t>(parent);
            // What was signed opaquely is the mail itself, not a mail inside of it.
            if (parts[up].kind == PartKind::message && !is_cms(parts[up])) {
                owner_[i] = parent;
                continue;
            }
            owner_[i] = owner_[up];
            alternative_[i] = alternative_[up];
            if (alternative_[i] < 0 && parts[up].type_is("multipart/alternative"))
                alternative_[i] = parent;
        }
    }

    void visit(int index) {
        const auto& part = tree_[index];
        switch (part.kind) {
            case PartKind::multipart: mark_multipart(part); return;
            case PartKind::message:
                if (is_cms(part)) mark("smime_signed");
                add_attachment(index, part);
                return;
            case PartKind::leaf: break;
        }
        mark_leaf(part);
        if (is_body(tree_, index))
            add_text(index, part);
        else
            add_attachment(index, part);
    }

    void mark_multipart(const Part& part) {
        const auto protocol = lower_ascii(part.type["protocol"]);
        if (part.type_is("multipart/signed"))
            mark(protocol.find("pgp") != protocol.npos ? "pgp_signed" : "smime_signed");
        if (part.type_is("multipart/encrypted"))
            mark(protocol.find("pkcs7") != protocol.npos ? "smime_encrypted" : "pgp_encrypted");
    }

    void mark_leaf(const Part& part) {
        if (part.type_is("application/pgp-encrypted")) mark("pgp_encrypted");
        if (is_cms(part)) mark(is_opaque_signed(part) ? "smime_signed" : "smime_encrypted");
    }

    void add_text(int index, const Part& part) {
        auto text = leaf_text(part, charset_);
        if (text.guessed) mark("charset_guessed");
        if (text.cut) mark("truncated");
        if (!take(text.text.size())) return;
        const int alternative = alternative_[static_cast<std::size_t>(index)];
        // Enriched text is the richer form where there are two.
        const bool html =
            part.type_is("text/html") ||
            (alternative >= 0 && (part.type_is("text/enriched") || part.type_is("text/richtext")));
        if (!html) {
            take_uuencoded(part, text);
            take_armor(text);
        }
        auto& units = units_[owner_[static_cast<std::size_t>(index)]];
        const bool joins =
            alternative >= 0 && !units.empty() && units.back().alternative == alternative;
        if (!joins) units.emplace_back().alternative = alternative;
        auto& unit = units.back();
        auto& into = html ? unit.html : unit.plain;
        auto& has = html ? unit.has_html : unit.has_plain;
        if (has) into += "\n";
        if (!html) unit.literal = has || !text.literal ? std::string_view() : part.content;
        has = true;
        into += text.text;
    }

    // Files written into the text; the text keeps everything else.
    void take_uuencoded(const Part& part, LeafText& text) {
        if (text.text.find("begin ") == text.text.npos) return;
        const auto files = find_uuencoded(text.text);
        if (files.empty()) return;
        std::string rest;
        std::size_t at = 0, number = 0;
        for (const auto& file : files) {
            rest.append(text.text, at, file.begin - at);
            at = file.end;
            Attachment attachment;
            attachment.name = base_name(file.name);
            attachment.type = "application/octet-stream";
            attachment.locator = part.locator + ".uu" + std::to_string(++number);
            Measure measure;
            measure.add(decode_uu(file.lines));
            measure.finish(attachment);
            body_.attachments.push_back(std::move(attachment));
        }
        rest.append(text.text, at);
        text.text = std::move(rest);
        text.literal = false;
    }

    void take_armor(LeafText& text) {
        switch (pgp_armor(text.text)) {
            case Armor::none: return;
            case Armor::clear_signed:
                mark("pgp_signed");
                text.text = without_armor(text.text);
                text.literal = false;
                return;
            case Armor::signature: mark("pgp_signed"); return;
            case Armor::encrypted: mark("pgp_encrypted"); return;
        }
    }

    void add_attachment(int index, const Part& part) {
        Attachment attachment;
        attachment.name = file_name(part);
        attachment.type = std::string(utf8::prefix(part.type.value, 200));
        attachment.locator = part.locator;
        attachment.content_id = content_id(part.field("Content-ID"));
        attachment.inline_ =
            part.disposition.value == "inline" ||
            (part.disposition.value.empty() && part.parent >= 0 && !attachment.content_id.empty() &&
             tree_[part.parent].type_is("multipart/related"));
        attachment.encrypted =
            part.type_is("application/pgp-encrypted") || (is_cms(part) && !is_opaque_signed(part));
        Measure measure;
        stream_transfer(part.content, part.transfer, [&](std::string_view piece) {
            measure.add(piece);
            return true;
        });
        measure.finish(attachment);
        if (part.kind == PartKind::message && !is_cms(part))
            messages_.emplace(index, body_.attachments.size());
        else if (is_text_file(part, attachment.name))
            add_file_text(part, attachment);
        body_.attachments.push_back(std::move(attachment));
    }

    void add_file_text(const Part& part, Attachment& attachment) {
        auto text = leaf_text(part, charset_);
        if (!take(text.text.size())) return;
        if (text.cut) mark("truncated");
        attachment.text = std::move(text.text);
    }

    // What is read of a mail altogether has a limit; the raw bytes have the rest.
    bool take(std::size_t bytes) {
        expanded_ += bytes;
        if (expanded_ <= expanded_bytes_max) return true;
        mark("truncated");
        return false;
    }

    void finish_texts() {
        for (auto& [owner, units] : units_) {
            std::string_view literal;
            std::string html_words;
            auto text = join(units, literal, html_words);
            if (owner == top) {
                body_.text = std::move(text);
                body_.html_words = std::move(html_words);
                body_.literal = literal;
            } else {
                nested_text(owner).append(text).append(html_words.empty() ? "" : "\n" + html_words);
            }
        }
        for (const auto& [index, attachment] : messages_) {
            auto& text = body_.attachments[attachment].text;
            const auto& part = tree_[index];
            if (part.children.empty()) continue;
            const auto summary = header_summary(tree_[part.children.front()], charset_);
            text = summary + "\n" + text;
        }
    }

    std::string& nested_text(int owner) { return body_.attachments[messages_.at(owner)].text; }

    std::string join(std::vector<Unit>& units, std::string_view& literal, std::string& html_words) {
        std::string out;
        if (units.size() == 1 && !units[0].has_html) literal = units[0].literal;
        for (auto& unit : units) {
            auto text = choose(unit, literal, html_words);
            if (out.empty()) {
                out = std::move(text);
                continue;
            }
            if (blank(text)) continue;
            if (!out.ends_with('\n')) out += '\n';
            out += text;
        }
        if (out.size() > text_bytes_max) {
            out = std::string(utf8::prefix(out, text_bytes_max));
            literal = {};
            mark("truncated");
        }
        return out;
    }

    // The plain form is what the sender wrote for readers of text; but when the HTML form says
    // other things, both are shown. What only the HTML form says is found in any case.
    std::string choose(Unit& unit, std::string_view& literal, std::string& html_words) {
        if (!unit.has_html) return std::move(unit.plain);
        if (!unit.has_plain || blank(unit.plain)) return std::move(unit.html);
        const auto lost = words_missing(unit.html, unit.plain);
        const bool differs = lost.missing >= 5 && lost.missing * 10 >= lost.words * 3;
        if (!differs) {
            if (!html_words.empty()) html_words += '\n';
            html_words += lost.texts;
            if (units_[top].size() == 1) literal = unit.literal;
            return std::move(unit.plain);
        }
        mark("ambiguous");
        literal = {};
        if (!unit.plain.ends_with('\n')) unit.plain += '\n';
        return unit.plain + "\n" + unit.html;
    }

    void mark(std::string_view name) {
        auto& marks = body_.marks;
        if (std::find(marks.begin(), marks.end(), name) == marks.end()) marks.emplace_back(name);
    }

    const Tree& tree_;
    std::string_view charset_;
    std::vector<int> owner_, alternative_;
    std::map<int, std::vector<Unit>> units_;  // by owner
    std::map<int, std::size_t> messages_;     // part -> its attachment
    std::size_t expanded_ = 0;
    Body body_;
};

}  // namespace

bool is_body(const Tree& tree, int index) {
    const auto& part = tree[index];
    if (part.disposition.value == "attachment") return false;
    if (part.type.value != "text/plain" && part.type.value != "text/html" &&
        part.type.value != "text/enriched" && part.type.value != "text/richtext" &&
        part.type.value != "text/markdown")
        return false;
    const bool named = !part.disposition["filename"].empty() || !part.type["name"].empty();
    if (!named) return true;
    // A named first part is the text of a program that names everything.
    if (part.parent < 0) return true;
    return tree[part.parent].children.front() == index;
}

Body read_body(const Tree& tree, std::string_view charset) { return Reader(tree, charset).run(); }

std::string read_words(const Tree& tree, std::string_view charset) {
    auto body = read_body(tree, charset);
    std::string out = std::move(body.text);
    for (const auto& attachment : body.attachments)
        if (!attachment.text.empty()) out.append("\n").append(attachment.text);
    return std::string(utf8::prefix(out, text_bytes_max));
}

}  // namespace letopis::mime
