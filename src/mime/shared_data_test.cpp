// SPDX-License-Identifier: AGPL-3.0-or-later
// Real and hostile mail of other projects: nothing may crash, everything must come out as valid
// UTF-8, and where the other project says what it expects, we agree or docs/email-differences.md
// says why not.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>

#include "mime/address.hpp"
#include "mime/charset.hpp"
#include "mime/date.hpp"
#include "mime/ids.hpp"
#include "mime/test_support.hpp"
#include "mime/transfer.hpp"
#include "mime/words.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

namespace json = boost::json;
using std::filesystem::path;

class SharedMail : public ::testing::Test {
protected:
    void SetUp() override {
        folder = shared_data() / "email";
        if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data at " << folder;
    }
    path folder;
};

void expect_sound(const model::Message& message, const std::string& raw, const path& file) {
    EXPECT_TRUE(model::decode(model::encode(message))) << file;
    for (const auto* text :
         {&message.text, &message.subject, &message.message_id, &message.list_id, &message.labels})
        EXPECT_TRUE(utf8::valid(*text)) << file;
    EXPECT_EQ(message.text.find('\r'), message.text.npos) << file;
    for (const auto& party : message.parties) {
        EXPECT_FALSE(party.address.empty()) << file;
        EXPECT_TRUE(utf8::valid(party.address) && utf8::valid(party.name)) << file;
    }
    for (const auto& attachment : message.attachments) {
        EXPECT_TRUE(utf8::valid(attachment.name) && utf8::valid(attachment.text)) << file;
        const auto bytes = part(raw, model::Dialect::mail, attachment.locator);
        ASSERT_TRUE(bytes) << file << " " << attachment.locator;
        EXPECT_EQ(bytes->size(), attachment.size) << file << " " << attachment.locator;
    }
    std::uint32_t at = 0;
    for (const auto& zone : message.zones) {
        EXPECT_GE(zone.begin, at) << file;
        EXPECT_GT(zone.end, zone.begin) << file;
        at = zone.end;
    }
    EXPECT_LE(at, message.text.size()) << file;
    if (!message.slice) return;
    auto literal = raw.substr(message.slice->offset, message.slice->length);
    for (std::size_t cr = 0; (cr = literal.find("\r\n", cr)) != literal.npos;) literal.erase(cr, 1);
    EXPECT_EQ(literal, message.text) << file;
}

TEST_F(SharedMail, every_file_is_read_soundly_as_it_is_and_damaged) {
    int count = 0;
    for (const auto& file : files_under(folder)) {
        if (std::filesystem::file_size(file) > (1u << 20)) continue;
        const auto raw = *read_file(file);
        expect_sound(parse_mail(raw), raw, file);
        for (const auto cut : {raw.size() / 3, raw.size() * 2 / 3}) {
            const auto piece = raw.substr(0, cut);
            expect_sound(parse_mail(piece), piece, file);
        }
        auto flipped = raw;
        for (std::size_t i = 7; i < flipped.size(); i += 97)
            flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
        expect_sound(parse_mail(flipped), flipped, file);
        ++count;
    }
    EXPECT_GT(count, 1000);
}

// Counts agreement and prints what differs, so that the table of differences can be kept.
struct Tally {
    std::map<std::string, std::pair<int, int>> counts;
    void add(const std::string& what, bool same, const path& file) {
        auto& [good, all] = counts[what];
        ++all;
        if (same)
            ++good;
        else
            std::printf("  differs: %-12s %s\n", what.c_str(), file.filename().c_str());
    }
    int wrong(const std::string& what) {
        const auto [good, all] = counts[what];
        return all - good;
    }
};

std::string spaced(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

const json::value* member(const json::value& value, std::string_view name) {
    const auto* object = value.if_object();
    const auto* found = object ? object->if_contains(name) : nullptr;
    return found && !found->is_null() ? found : nullptr;
}

std::string text_of(const json::value* value) {
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

void each_address(const json::value& value, const std::function<void(const json::value&)>& each) {
    if (const auto* list = member(value, "List"))
        for (const auto& one : list->as_array()) each(one);
    if (const auto* groups = member(value, "Group"))
        for (const auto& group : groups->as_array())
            if (const auto* list = member(group, "addresses"))
                for (const auto& one : list->as_array()) each(one);
}

std::string expected_date(const json::value& date) {
    const auto number = [&](std::string_view name) {
        return static_cast<int>(member(date, name)->as_int64());
    };
    const auto moment = from_civil(number("year"),
                                   number("month"),
                                   number("day"),
                                   number("hour"),
                                   number("minute"),
                                   number("second"));
    if (!moment || number("year") < 1970) return "none";
    const auto zone = std::chrono::minutes(number("tz_hour") * 60 + number("tz_minute"));
    return rfc3339(member(date, "tz_before_gmt")->as_bool() ? *moment + zone : *moment - zone);
}

struct Expected {
    std::string subject, id, date = "none", text;
    std::map<std::string, std::vector<std::string>> addresses;
    std::vector<std::string> names;  // of attachments
    bool has_html = false;
};

std::string attachment_name(const json::value& part) {
    std::string name;
    for (const auto& header : part.at("headers").as_array()) {
        const auto field = text_of(member(header, "name"));
        if (field != "content_type" && field != "content_disposition") continue;
        const auto* type = member(header.at("value"), "ContentType");
        const auto* attributes = type ? member(*type, "attributes") : nullptr;
        if (!attributes) continue;
        for (const auto& attribute : attributes->as_array()) {
            const auto key = text_of(member(attribute, "name"));
            if ((key == "name" && name.empty()) || key == "filename")
                name = text_of(member(attribute, "value"));
        }
    }
    const auto slash = name.find_last_of("/\\");
    return slash == name.npos ? name : name.substr(slash + 1);
}

void read_header(const json::value& header, Expected& out) {
    const auto name = text_of(member(header, "name"));
    const auto& value = header.at("value");
    if (name == "subject") out.subject = text_of(member(value, "Text"));
    if (name == "message_id") {
        out.id = text_of(member(value, "Text"));
        if (const auto* list = member(value, "TextList"))
            out.id = text_of(&list->as_array().front());
    }
    if (name == "date")
        if (const auto* date = member(value, "DateTime")) out.date = expected_date(*date);
    if (name == "from" || name == "to" || name == "cc")
        if (const auto* address = member(value, "Address"))
            each_address(*address, [&](const json::value& one) {
                auto text = text_of(member(one, "address"));
                std::transform(text.begin(), text.end(), text.begin(), [](char c) {
                    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                });
                if (!text.empty()) out.addresses[name].push_back(text);
            });
}

Expected expected_of(const json::value& mail) {
    Expected out;
    const auto& parts = mail.at("parts").as_array();
    for (const auto& header : parts.front().at("headers").as_array()) read_header(header, out);
    for (const auto& index : mail.at("text_body").as_array()) {
        const auto& body = parts.at(static_cast<std::size_t>(index.as_int64())).at("body");
        if (member(body, "Html")) out.has_html = true;
        out.text += text_of(member(body, "Text")) + "\n";
    }
    for (const auto& index : mail.at("attachments").as_array())
        if (auto name = attachment_name(parts.at(static_cast<std::size_t>(index.as_int64())));
            !name.empty())
            out.names.push_back(name);
    std::sort(out.names.begin(), out.names.end());
    return out;
}

std::vector<std::string> addresses_of(const model::Message& message, model::Role role) {
    std::vector<std::string> out;
    for (const auto& party : message.parties)
        if (party.role == role) out.push_back(party.address);
    return out;
}

void compare(const path& file, const path& expectation, Tally& tally) {
    const auto mail = json::parse(*read_file(expectation));
    const auto* parts = member(mail, "parts");
    if (!parts || parts->as_array().empty()) return;
    const auto want = expected_of(mail);
    const auto got = parse_mail(*read_file(file));
    tally.add("subject", spaced(got.subject) == spaced(want.subject), file);
    tally.add("message-id", got.message_id == want.id, file);
    tally.add("date", (got.sent_at ? rfc3339(*got.sent_at) : "none") == want.date, file);
    for (const auto& [name, role] : std::map<std::string, model::Role>{
             {"from", model::Role::from}, {"to", model::Role::to}, {"cc", model::Role::cc}}) {
        const auto found = want.addresses.find(name);
        tally.add(name,
                  addresses_of(got, role) ==
                      (found == want.addresses.end() ? std::vector<std::string>() : found->second),
                  file);
    }
    if (!want.has_html) tally.add("text", spaced(got.text) == spaced(want.text), file);
    std::vector<std::string> names;
    for (const auto& attachment : got.attachments)
        if (!attachment.name.empty()) names.push_back(attachment.name);
    std::sort(names.begin(), names.end());
    tally.add("names", names == want.names, file);
}

TEST_F(SharedMail, agrees_with_the_expectations_of_mail_parser) {
    Tally tally;
    for (const auto& file : files_under(folder / "mail-parser" / "eml")) {
        auto expectation = file;
        expectation.replace_extension(".json");
        if (file.extension() == ".eml" && std::filesystem::exists(expectation))
            compare(file, expectation, tally);
    }

    // 107 mails; every difference is explained in docs/email-differences.md.
    EXPECT_GE(tally.counts["subject"].second, 100);
    EXPECT_LE(tally.wrong("subject"), 5);
    EXPECT_LE(tally.wrong("message-id"), 0);
    EXPECT_LE(tally.wrong("date"), 1);
    EXPECT_LE(tally.wrong("from"), 3);
    EXPECT_LE(tally.wrong("to"), 2);
    EXPECT_LE(tally.wrong("cc"), 0);
    EXPECT_LE(tally.wrong("text"), 20);
    EXPECT_LE(tally.wrong("names"), 10);
}

TEST_F(SharedMail, reads_the_date_vectors_of_mail_parser) {
    const auto vectors = json::parse(*read_file(folder / "mail-parser-headers" / "date.json"));
    int wrong = 0;
    for (const auto& vector : vectors.as_array()) {
        const auto header = text_of(member(vector, "header"));
        const auto* want = member(vector, "expected");
        const auto got = parse_date(header);
        if ((got ? rfc3339(*got) : "none") == (want ? expected_date(*want) : "none")) continue;
        std::printf("  differs: %s\n", header.c_str());
        ++wrong;
    }
    EXPECT_LE(wrong, 3);
}

TEST_F(SharedMail, reads_the_address_vectors_of_mail_parser) {
    const auto vectors = json::parse(*read_file(folder / "mail-parser-headers" / "address.json"));
    int wrong = 0, all = 0;
    for (const auto& vector : vectors.as_array()) {
        const auto header = text_of(member(vector, "header"));
        std::vector<model::Party> parties;
        parse_addresses(header, model::Role::to, {}, parties);
        std::string got, want;
        for (const auto& party : parties)
            if (party.kind == model::AddressKind::email) got += party.address + " ";
        if (const auto* expected = member(vector, "expected"))
            each_address(*expected, [&](const json::value& one) {
                const auto address = normal_address(text_of(member(one, "address")));
                if (!address.empty()) want += address + " ";
            });
        ++all;
        if (got == want) continue;
        std::printf("  differs: %s  got %s want %s\n", header.c_str(), got.c_str(), want.c_str());
        ++wrong;
    }
    EXPECT_GE(all, 60);
    EXPECT_LE(wrong, 3);
}

TEST_F(SharedMail, decodes_the_charset_pairs_with_and_without_the_right_label) {
    const auto read = [&](const std::string& name) {
        return *read_file(folder / "charsets" / "filters" / name);
    };
    const auto cyrillic = read("cyrillic.utf-8.txt");
    for (const std::string charset : {"cp1251", "koi8-r", "iso-8859-5"})
        for (const std::string label :
             {"", "cp1251", "koi8-r", "iso-8859-5", "us-ascii", "iso-8859-1"})
            EXPECT_EQ(decode(read("cyrillic." + charset + ".txt"), label).text, cyrillic)
                << charset << " called " << label;
    const auto japanese = read("japanese.utf-8.txt");
    EXPECT_EQ(decode(read("japanese.shift-jis.txt"), "shift-jis").text, japanese);
    EXPECT_EQ(decode(read("japanese.iso-2022-jp.txt"), "iso-2022-jp").text, japanese);
    EXPECT_EQ(decode(read("chinese.big5.txt"), "big5").text.find("\xEF\xBF\xBD"),
              std::string::npos);
}

TEST_F(SharedMail, thunderbirds_cyrillic_messages_are_read) {
    for (const std::string name : {"sample04.eml", "sample05.eml"}) {
        const auto message = parse_mail(*read_file(folder / "thunderbird-charsets" / name));
        EXPECT_EQ(message.text.substr(0, 12), "Вопрос") << name;
        EXPECT_EQ(message.subject, "Алфавит") << name;
    }
}

TEST_F(SharedMail, decodes_the_codec_vectors) {
    const auto read = [&](const std::string& name) { return *read_file(folder / "codecs" / name); };
    EXPECT_EQ(decode_base64(read("codec_base64/basic-decode.base64")),
              read("codec_base64/basic-decode.base64.expected"));
    EXPECT_EQ(decode_transfer(read("codec_quoted-printable/basic-decode.quoted-printable"),
                              Transfer::quoted_printable),
              read("codec_quoted-printable/basic-decode.quoted-printable.expected"));
}

}  // namespace
}  // namespace letopis::mime
