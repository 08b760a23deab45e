// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/header.hpp"

#include <openssl/cms.h>
#include <openssl/err.h>

#include <algorithm>
#include <memory>

#include "mime/address.hpp"
#include "mime/ascii.hpp"
#include "mime/date.hpp"
#include "mime/ids.hpp"
#include "mime/words.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

using model::Message;
using model::Role;

constexpr std::size_t subject_bytes_max = 64 * 1024;
constexpr std::size_t labels_bytes_max = 4096;

struct RoleField {
    std::string_view name;
    Role role;
};
constexpr RoleField role_fields[] = {{"From", Role::from},
                                     {"Sender", Role::sender},
                                     {"Reply-To", Role::reply_to},
                                     {"To", Role::to},
                                     {"Apparently-To", Role::to},
                                     {"Cc", Role::cc},
                                     {"Bcc", Role::bcc}};

void mark(Message& message, std::string_view name) {
    auto& marks = message.marks;
    if (std::find(marks.begin(), marks.end(), name) == marks.end()) marks.emplace_back(name);
}

std::string list_id(std::string_view raw, std::string_view charset) {
    const auto text = decode_words(raw, charset);
    const auto end = text.rfind('>');
    const auto begin = text.rfind('<', end);
    if (begin == text.npos || end == text.npos || end <= begin) return text;
    return std::string(trim(std::string_view(text).substr(begin + 1, end - begin - 1)));
}

// The first 22 bytes name the thread; each answer appends five.
std::string thread_index(std::string_view raw) {
    const auto bytes = decode_base64(unfold(raw));
    return bytes.size() < 22 ? std::string() : base64(std::string_view(bytes).substr(0, 22));
}

void read_one(const Field& field, std::string_view charset, Message& message) {
    const auto is = [&](std::string_view name) { return equal_nocase(field.name, name); };
    for (const auto& [name, role] : role_fields)
        if (is(name)) return parse_addresses(field.value, role, charset, message.parties);
    if (is("Subject")) {
        bool guessed = false;
        if (message.subject.empty()) {
            const auto text = decode_words(field.value, charset, &guessed);
            message.subject = std::string(utf8::prefix(text, subject_bytes_max));
        }
        if (guessed) mark(message, "charset_guessed");
    } else if (is("Date")) {
        if (!message.sent_at) message.sent_at = parse_date(field.value);
    } else if (is("Message-ID")) {
        if (message.message_id.empty()) message.message_id = parse_message_id(field.value);
    } else if (is("In-Reply-To")) {
        if (message.in_reply_to.empty()) message.in_reply_to = parse_in_reply_to(field.value);
    } else if (is("References")) {
        if (message.references.empty()) message.references = parse_references(field.value);
    } else if (is("List-Id")) {
        if (message.list_id.empty()) message.list_id = list_id(field.value, charset);
    } else if (is("Thread-Index")) {
        if (message.thread_index.empty()) message.thread_index = thread_index(field.value);
    } else if (is("X-Gmail-Labels") || is("Keywords") || is("X-Keywords")) {
        auto labels = decode_words(field.value, charset);
        if (!message.labels.empty()) labels = message.labels + "," + labels;
        message.labels = std::string(utf8::prefix(trim(labels), labels_bytes_max));
    }
}

}  // namespace

void read_header(const Part& root, std::string_view charset, Message& message) {
    for (const auto& field : root.fields) read_one(field, charset, message);
    const auto is_from = [](const model::Party& party) { return party.role == Role::from; };
    if (std::none_of(message.parties.begin(), message.parties.end(), is_from))
        mark(message, "no_from");
    if (!message.sent_at) mark(message, "no_date");
}

void read_protected_header(const Tree& tree, std::string_view charset, Message& message) {
    // Only the payload of the outermost cryptographic layer speaks for the whole mail.
    int at = 0;
    for (int steps = 0; steps < depth_max && at < static_cast<int>(tree.parts().size()); ++steps) {
        const auto& part = tree[at];
        const bool layer =
            part.type_is("multipart/signed") || (part.kind == PartKind::message && is_cms(part));
        if (!part.type["protected-headers"].empty() && at != 0) {
            if (const auto subject = part.field("Subject"); !subject.empty())
                message.subject = decode_words(subject, charset);
            return;
        }
        if (!layer || part.children.empty()) return;
        at = part.children.front();
    }
}

std::string header_summary(const Part& root, std::string_view charset) {
    std::string out;
    for (const std::string_view name : {"Subject", "From", "To", "Cc", "Date"}) {
        const auto value = decode_words(root.field(name), charset);
        if (value.empty()) continue;
        out.append(name).append(": ").append(utf8::prefix(value, subject_bytes_max)).append("\n");
    }
    return out;
}

std::string content_id(std::string_view raw) {
    if (raw.empty()) return {};
    return std::string(utf8::prefix(parse_message_id(raw), 1000));
}

bool is_cms(const Part& part) {
    return part.type_is("application/pkcs7-mime") || part.type_is("application/x-pkcs7-mime");
}

bool is_opaque_signed(const Part& part) {
    const auto kind = lower_ascii(part.type["smime-type"]);
    if (!kind.empty()) return kind == "signed-data" || kind == "certs-only";
    // Old programs name no kind: .p7m may be either, so the content decides (cms_content).
    return part.kind == PartKind::message;
}

std::string cms_content(std::string_view der) {
    struct Free {
        void operator()(CMS_ContentInfo* cms) const { CMS_ContentInfo_free(cms); }
    };
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<CMS_ContentInfo, Free> cms(
        d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) return {};
    ASN1_OCTET_STRING** content = CMS_get0_content(cms.get());
    if (!content || !*content) return {};
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(*content)),
            static_cast<std::size_t>(ASN1_STRING_length(*content))};
}

}  // namespace letopis::mime
