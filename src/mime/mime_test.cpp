// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mime/mime.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "mime/test_support.hpp"
#include "utf8/utf8.hpp"

namespace letopis::mime {
namespace {

using model::Dialect;

const std::string header =
    "From: Anna <anna@client.example>\nTo: sales@corp.example\n"
    "Date: Sat, 21 Nov 2026 10:00:00 +0300\nMessage-ID: <1@client.example>\nSubject: Hello\n";

std::string slice_of(const std::string& raw, const model::Message& message) {
    return message.slice ? raw.substr(message.slice->offset, message.slice->length) : "none";
}

TEST(Mime, reads_a_plain_mail) {
    const auto raw = header +
                     "In-Reply-To: <0@corp.example>\nReferences: <a@x> <0@corp.example>\n"
                     "List-Id: Sales <sales.corp.example>\n\nGood day,\nwhere is it?\n";

    const auto message = parse_mail(raw);

    EXPECT_EQ(message.channel, model::Channel::email);
    EXPECT_EQ(message.subject, "Hello");
    EXPECT_EQ(message.message_id, "1@client.example");
    EXPECT_EQ(message.in_reply_to, std::vector<std::string>{"0@corp.example"});
    EXPECT_EQ(message.references, (std::vector<std::string>{"a@x", "0@corp.example"}));
    EXPECT_EQ(message.list_id, "sales.corp.example");
    EXPECT_EQ(rfc3339(*message.sent_at), "2026-11-21T07:00:00Z");
    ASSERT_EQ(message.parties.size(), 2u);
    EXPECT_EQ(message.parties[0].role, model::Role::from);
    EXPECT_EQ(message.text, "Good day,\nwhere is it?\n");
    EXPECT_EQ(slice_of(raw, message), message.text);
    EXPECT_TRUE(message.marks.empty());
}

TEST(Mime, a_slice_is_given_only_where_the_text_stands_literally) {
    const auto crlf = parse_mail("From: a@b.example\r\nDate: 1 Jan 2026 1:1:1 Z\r\n\r\nа\r\nb\r\n");
    EXPECT_TRUE(crlf.slice);
    EXPECT_EQ(crlf.text, "а\nb\n");
    for (const std::string body : {"Content-Transfer-Encoding: base64\n\naGVsbG8=\n",
                                   "Content-Type: text/html\n\n<p>x\n",
                                   "Content-Type: text/plain; charset=koi8-r\n\n\xF0\xD2\n",
                                   "Content-Type: text/plain; format=flowed\n\na \nb\n",
                                   "Content-Transfer-Encoding: quoted-printable\n\na=3Db\n",
                                   "\nlone\rcarriage return\n"}) {
        const auto message = parse_mail(header + body);
        EXPECT_FALSE(message.slice) << body;
        EXPECT_FALSE(message.text.empty()) << body;
    }
}

TEST(Mime, mbox_quoting_is_undone_by_dialect) {
    const auto raw = header + "\n>From here\n>>From there\n> From x\n";

    EXPECT_EQ(parse(raw, Dialect::mail).text, ">From here\n>>From there\n> From x\n");
    EXPECT_EQ(parse(raw, Dialect::mail_mboxo).text, "From here\n>>From there\n> From x\n");
    EXPECT_EQ(parse(raw, Dialect::mail_mboxrd).text, "From here\n>From there\n> From x\n");
    EXPECT_EQ(parse(raw, Dialect::mail_mboxcl2).text, ">From here\n>>From there\n> From x\n");
    EXPECT_FALSE(parse(raw, Dialect::mail_mboxo).slice);
    EXPECT_TRUE(parse(raw, Dialect::mail_mboxcl2).slice);
}

TEST(Mime, what_stands_before_the_header_is_stepped_over) {
    for (const std::string junk : {"\xEF\xBB\xBF",
                                   "From x Sat Nov 21 10:00:00 2026\n",
                                   ">From x Sat Nov 21 10:00:00 2026\n",
                                   "\n",
                                   "\r\n\r\n"}) {
        const auto message = parse_mail(junk + header + "\nbody\n");
        EXPECT_EQ(message.subject, "Hello") << junk;
        EXPECT_FALSE(has_mark(message, "junk_start")) << junk;
    }
    for (const std::string& junk : {std::string(3, '\0'), std::string("what is this\n")}) {
        const auto message = parse_mail(junk + header + "\nbody\n");
        EXPECT_EQ(message.subject, "Hello");
        EXPECT_EQ(message.text, "body\n");
        EXPECT_TRUE(has_mark(message, "junk_start"));
    }
    EXPECT_EQ(parse_mail(header + "\nbody\n" + std::string(100, '\0')).text, "body\n");
}

TEST(Mime, a_file_without_a_header_is_all_text) {
    const auto message = parse_mail("just words,\nno header at all\n");

    EXPECT_EQ(message.text, "just words,\nno header at all\n");
    EXPECT_TRUE(has_mark(message, "bad_header"));
    EXPECT_TRUE(has_mark(message, "no_from"));
    EXPECT_TRUE(parse_mail("").text.empty());
    EXPECT_TRUE(parse_mail(std::string(1000, '\0')).text.empty());
}

TEST(Mime, the_plain_form_is_read_and_the_html_form_when_it_says_other_things) {
    const auto alternative = [](const std::string& plain, const std::string& html) {
        return header + "Content-Type: multipart/alternative; boundary=x\n\n--x\n\n" + plain +
               "\n--x\nContent-Type: text/html\n\n" + html + "\n--x--\n";
    };
    const auto same = parse_mail(alternative("The same words here", "<p>The same words here"));
    EXPECT_EQ(same.text, "The same words here");
    EXPECT_TRUE(same.slice);
    EXPECT_FALSE(has_mark(same, "ambiguous"));

    const auto empty = parse_mail(alternative(" ", "<p>Only here"));
    EXPECT_EQ(empty.text, "Only here");
    EXPECT_FALSE(has_mark(empty, "ambiguous"));

    const auto other = parse_mail(alternative("Your program shows no HTML.",
                                              "<p>The contract ends in December, please answer"));
    EXPECT_TRUE(has_mark(other, "ambiguous"));
    EXPECT_NE(other.text.find("shows no HTML"), other.text.npos);
    EXPECT_NE(other.text.find("contract ends"), other.text.npos);
    EXPECT_FALSE(other.slice);
}

TEST(Mime, what_only_the_html_form_says_is_kept_for_the_index) {
    const auto alternative = [](const std::string& plain, const std::string& html) {
        return "Content-Type: multipart/alternative; boundary=x\n\n--x\n\n" + plain +
               "\n--x\nContent-Type: text/html\n\n" + html + "\n--x--\n";
    };
    const std::string words = "We shall deliver the windows in May as we agreed with your engineer";
    const auto same = parse_mail(header + alternative(words, "<p>" + words));
    EXPECT_EQ(same.html_words, "");

    const auto more = parse_mail(
        header +
        alternative(words,
                    "<p>We shall deliver the 17 oak windows in <b>May</b> as we agreed with "
                    "your engineer, anna@client.example, OAK"));
    EXPECT_EQ(more.text, words);
    EXPECT_TRUE(more.slice);
    EXPECT_FALSE(has_mark(more, "ambiguous"));
    EXPECT_EQ(more.html_words, "17 oak\nanna@client.example, OAK");

    const auto inner = parse_mail(header + "Content-Type: message/rfc822\n\nFrom: b@x.example\n" +
                                  alternative(words, "<p>" + words + " tomorrow"));
    ASSERT_EQ(inner.attachments.size(), 1u);
    EXPECT_NE(inner.attachments[0].text.find("tomorrow"), std::string::npos);
}

const std::string mixed =
    header +
    "Content-Type: multipart/mixed; boundary=\"m\"\n\npreamble\n--m\nContent-Type: text/plain\n\n"
    "See the files.\n--m\nContent-Type: application/pdf; name=\"C:\\\\docs\\\\offer.pdf\"\n"
    "Content-Transfer-Encoding: base64\nContent-ID: <c1@x>\n\nJVBERi0xLjQ=\n--m\n"
    "Content-Type: text/csv; charset=windows-1251\nContent-Disposition: attachment;\n"
    " filename*=utf-8''%D1%86%D0%B5%D0%BD%D1%8B.csv\n\n\xF6\xE5\xED\xE0;\xF1\xF7\xB8\xF2\n--m\n"
    "Content-Type: message/rfc822\n\nFrom: b@x.example\nSubject: =?utf-8?Q?inner_=D0=9F?=\n"
    "Content-Type: multipart/mixed; boundary=n\n\n--n\n\ninner words\n--n\n"
    "Content-Type: image/png; name=a.png\n\npng\n--n--\n--m--\n";

TEST(Mime, attachments_have_names_sizes_digests_and_locators) {
    const auto message = parse_mail(mixed);

    EXPECT_EQ(message.text, "See the files.");
    ASSERT_EQ(message.attachments.size(), 4u);
    const auto& pdf = message.attachments[0];
    EXPECT_EQ(pdf.name, "offer.pdf");
    EXPECT_EQ(pdf.type, "application/pdf");
    EXPECT_EQ(pdf.size, 8u);
    EXPECT_EQ(pdf.locator, "2");
    EXPECT_EQ(pdf.content_id, "c1@x");
    // printf %PDF-1.4 | sha256sum
    EXPECT_EQ(hex(*pdf.sha256), "e16fa5d9b51928755db85b917f0297babaf22c7a47e97d9212adab56e61ba04e");
    const auto& csv = message.attachments[1];
    EXPECT_EQ(csv.name, "цены.csv");
    EXPECT_EQ(csv.text, "цена;счёт");
    const auto& inner = message.attachments[2];
    EXPECT_EQ(inner.type, "message/rfc822");
    EXPECT_EQ(inner.locator, "4");
    EXPECT_EQ(inner.text, "Subject: inner П\nFrom: b@x.example\n\ninner words");
    const auto& png = message.attachments[3];
    EXPECT_EQ(png.name, "a.png");
    EXPECT_EQ(png.locator, "4.2");
}

TEST(Mime, the_bytes_of_each_part_come_by_its_locator) {
    const auto get = [](std::string_view locator) {
        auto bytes = part(mixed, Dialect::mail, locator);
        return bytes ? *bytes : "error";
    };

    EXPECT_EQ(get("2"), "%PDF-1.4");
    EXPECT_EQ(get("3"), "\xF6\xE5\xED\xE0;\xF1\xF7\xB8\xF2");
    EXPECT_TRUE(get("4").starts_with("From: b@x.example\nSubject: "));
    EXPECT_TRUE(get("4").ends_with("\n--n--"));
    EXPECT_EQ(get("4.2"), "png");
    EXPECT_EQ(get("4.1"), "inner words");
    EXPECT_EQ(part(mixed, Dialect::mail, "9").error().code, Errc::not_found);
    EXPECT_EQ(part(mixed, Dialect::mail, "").error().code, Errc::not_found);
    EXPECT_EQ(part("no header", Dialect::mail, "1").error().code, Errc::not_found);
}

TEST(Mime, every_listed_attachment_can_be_fetched_with_its_size) {
    const auto message = parse_mail(mixed);
    for (const auto& attachment : message.attachments) {
        const auto bytes = part(mixed, Dialect::mail, attachment.locator);
        ASSERT_TRUE(bytes) << attachment.locator;
        EXPECT_EQ(bytes->size(), attachment.size) << attachment.locator;
    }
}

TEST(Mime, uuencoded_files_in_the_text_are_attachments) {
    const auto raw = header + "\nhello\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n";

    const auto message = parse_mail(raw);

    EXPECT_EQ(message.text, "hello\nbye\n");
    ASSERT_EQ(message.attachments.size(), 1u);
    EXPECT_EQ(message.attachments[0].name, "cat.txt");
    EXPECT_EQ(*part(raw, Dialect::mail, message.attachments[0].locator), "Cat");
}

TEST(Mime, digests_list_their_messages) {
    const auto message =
        parse_mail(header +
                   "Content-Type: multipart/digest; boundary=x\n\n--x\n\n"
                   "Subject: one\n\nfirst\n--x\n\nSubject: two\n\nsecond\n--x--\n");

    ASSERT_EQ(message.attachments.size(), 2u);
    EXPECT_EQ(message.attachments[1].type, "message/rfc822");
    EXPECT_EQ(message.attachments[1].text, "Subject: two\n\nsecond");
}

TEST(Mime, a_message_inside_base64_is_read_too) {
    const auto message = parse_mail(header +
                                    "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
                                    "Content-Type: message/rfc822\n"
                                    "Content-Transfer-Encoding: base64\n\n" +
                                    base64("Subject: deep\n\nwords") + "\n--x--\n");

    ASSERT_EQ(message.attachments.size(), 1u);
    EXPECT_EQ(message.attachments[0].text, "Subject: deep\n\nwords");
    EXPECT_EQ(message.attachments[0].size, 20u);
}

TEST(Mime, signatures_and_encryption_are_marked) {
    const auto with_type = [](const std::string& type, const std::string& body) {
        return parse_mail(header + "Content-Type: " + type + "\n\n" + body);
    };
    const auto pgp = with_type(
        "multipart/signed; protocol=\"application/pgp-signature\"; boundary=x",
        "--x\n\nsigned words\n--x\nContent-Type: application/pgp-signature\n\nsig\n--x--\n");
    EXPECT_TRUE(has_mark(pgp, "pgp_signed"));
    EXPECT_EQ(pgp.text, "signed words");
    EXPECT_TRUE(
        has_mark(with_type("multipart/encrypted; protocol=\"application/pgp-encrypted\"; "
                           "boundary=x",
                           "--x\nContent-Type: application/pgp-encrypted\n\nVersion: "
                           "1\n--x\nContent-Type: application/octet-stream\n\nzzz\n--x--\n"),
                 "pgp_encrypted"));
    EXPECT_TRUE(has_mark(with_type("multipart/signed; protocol=\"application/pkcs7-signature\"; "
                                   "boundary=x",
                                   "--x\n\nw\n--x--\n"),
                         "smime_signed"));
    EXPECT_TRUE(has_mark(with_type("application/pkcs7-mime; smime-type=enveloped-data", "zzz"),
                         "smime_encrypted"));
    const auto clear = with_type("text/plain",
                                 "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nsaid\n"
                                 "-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n");
    EXPECT_TRUE(has_mark(clear, "pgp_signed"));
    EXPECT_EQ(clear.text, "said\n");
    EXPECT_TRUE(
        has_mark(with_type("text/plain", "-----BEGIN PGP MESSAGE-----\nzzz\n"), "pgp_encrypted"));
}

TEST(Mime, the_content_of_an_opaque_signature_is_read) {
    // ContentInfo{signedData, SignedData{v1, {}, {data, "Content-Type: text/plain\n\nsaid"}, {}}}
    const std::string inner = "Content-Type: text/plain\n\nsaid";
    const auto wrap = [](char tag, const std::string& body) {
        return std::string(1, tag) + static_cast<char>(body.size()) + body;
    };
    const std::string data_oid("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 11);
    const std::string signed_oid("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 11);
    const auto content = wrap('\x30', data_oid + wrap('\xa0', wrap('\x04', inner)));
    const auto signed_data = wrap(
        '\x30', std::string("\x02\x01\x01", 3) + wrap('\x31', "") + content + wrap('\x31', ""));
    const auto der = wrap('\x30', signed_oid + wrap('\xa0', signed_data));

    const auto message =
        parse_mail(header +
                   "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n"
                   "Content-Transfer-Encoding: base64\n\n" +
                   base64(der) + "\n");

    EXPECT_EQ(message.text, "said");
    EXPECT_TRUE(has_mark(message, "smime_signed"));
    EXPECT_FALSE(has_mark(message, "smime_encrypted"));
}

TEST(Mime, a_protected_subject_replaces_the_outer_one) {
    const auto message = parse_mail(
        "From: a@b.example\nDate: 1 Jan 2026 1:1:1 Z\nSubject: ...\nContent-Type: multipart/signed;"
        " protocol=\"application/pgp-signature\"; boundary=x\n\n--x\n"
        "Content-Type: text/plain; protected-headers=\"v1\"\nSubject: The real "
        "one\n\nbody\n--x--\n");

    EXPECT_EQ(message.subject, "The real one");
}

TEST(Mime, ambiguous_mails_are_read_both_ways) {
    const auto twice = parse_mail(header +
                                  "Content-Type: multipart/mixed; boundary=a\n"
                                  "Content-Type: multipart/mixed; boundary=b\n\n"
                                  "--a\n\nwords of the first reading\n--a--\n"
                                  "--b\n\nwords of the second reading\n--b--\n");
    EXPECT_TRUE(has_mark(twice, "ambiguous"));
    EXPECT_NE(twice.text.find("first reading"), twice.text.npos);
    EXPECT_NE(twice.text.find("second reading"), twice.text.npos);

    const auto after = parse_mail(header +
                                  "Content-Type: multipart/mixed; boundary=a\n\n"
                                  "--a\n\nshown\n--a--\n\n--a\n\nhidden behind the end\n--a--\n");
    EXPECT_TRUE(has_mark(after, "ambiguous"));
    EXPECT_NE(after.text.find("hidden behind the end"), after.text.npos);

    const auto coded = parse_mail(header +
                                  "Content-Transfer-Encoding: 7bit\n"
                                  "Content-Transfer-Encoding: base64\n\nc2VjcmV0IHdvcmRz\n");
    EXPECT_TRUE(has_mark(coded, "ambiguous"));
    EXPECT_NE(coded.text.find("secret words"), coded.text.npos);
}

TEST(Mime, damaged_structures_still_give_their_words) {
    EXPECT_EQ(parse_mail(header + "Content-Type: multipart/mixed\n\njust text\n").text,
              "just text\n");
    const auto rescued = parse_mail(header +
                                    "Content-Type: multipart/mixed\n\tboundry=\"zz\"\n\n--zz\n"
                                    "Content-Type: text/plain\n\nfound\n--zz\n"
                                    "Content-Type: image/png; name=a.png\n\nx\n--zz--\n");
    EXPECT_EQ(rescued.text, "found");
    EXPECT_EQ(rescued.attachments.size(), 1u);
    EXPECT_EQ(parse_mail(header + "Content-Transfer-Encoding: base64\n\nThis is no base64 at all, "
                                  "but words.\n")
                  .text,
              "This is no base64 at all, but words.\n");
    EXPECT_EQ(
        parse_mail("Subject: x\nthis line is no field\nFrom: a@b.example\n\nb\n").marks.size(),
        2u);  // bad_header, no_date
    EXPECT_EQ(parse_mail("Subject: ends here").subject, "ends here");
}

TEST(Mime, missing_fields_are_marked) {
    const auto message = parse_mail("Subject: x\n\nbody\n");

    EXPECT_TRUE(has_mark(message, "no_from"));
    EXPECT_TRUE(has_mark(message, "no_date"));
    EXPECT_FALSE(message.sent_at);
}

TEST(Mime, archives_of_lists_are_understood) {
    const auto message = parse_mail(
        "From: maechler at stat.math.ethz.ch (Martin Maechler)\n"
        "Date: Mon, 3 Jan 2005 10:00:00 +0100\nSubject: x\n\nb\n");

    ASSERT_EQ(message.parties.size(), 1u);
    EXPECT_EQ(message.parties[0].address, "maechler@stat.math.ethz.ch");
    EXPECT_EQ(message.parties[0].name, "Martin Maechler");
}

TEST(Mime, small_fields) {
    std::string index = std::string(27, 'x');
    const auto message = parse_mail(header + "Thread-Index: " + base64(index) +
                                    "\nX-Gmail-Labels: =?utf-8?Q?=D0=92=D0=B0=D0=B6?=,Inbox\n"
                                    "Reply-To: r@x.example\nCc: c@x.example\nBcc: b@x.example\n"
                                    "Sender: s@x.example\n\nb\n");

    EXPECT_EQ(message.thread_index, base64(index.substr(0, 22)));
    EXPECT_EQ(message.labels, "Важ,Inbox");
    EXPECT_EQ(message.parties.size(), 6u);
}

TEST(Mime, attached_text_without_a_body_is_an_attachment_or_the_body) {
    const auto message = parse_mail(header +
                                    "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
                                    "Content-Type: text/plain; name=note.txt\n"
                                    "Content-Disposition: attachment\n\nfile words\n--x--\n");
    EXPECT_EQ(message.text, "");
    ASSERT_EQ(message.attachments.size(), 1u);
    EXPECT_EQ(message.attachments[0].text, "file words");

    const auto inlined = parse_mail(header +
                                    "Content-Type: multipart/mixed; boundary=x\n\n--x\n"
                                    "Content-Type: text/plain; name=note.txt\n\nbody\n--x--\n");
    EXPECT_EQ(inlined.text, "body");
}

}  // namespace
}  // namespace letopis::mime
