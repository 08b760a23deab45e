// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/archive/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <map>

#include "base/files.hpp"
#include "capture/archive/place.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/eml/eml.hpp"
#include "capture/mbox/mbox.hpp"
#include "capture/source.hpp"

namespace letopis::capture::archive {
namespace {

constexpr std::string_view mail = "From: a@b.example\nTo: c@d.example\nSubject: x\n\nbody\n";
constexpr std::string_view mbox_text =
    "From a@b Sat Nov 21 20:54:27 2026\nFrom: a@b\nSubject: 1\n\none\n\n"
    "From a@b Sat Nov 21 20:54:28 2026\nFrom: a@b\nSubject: 2\n\ntwo\n\n";

// A stand-in for the chat readers: one item that is the whole text.
Match recognise_chat(std::string_view head, std::string_view) {
    return head.starts_with("CHAT") ? Match::yes : Match::no;
}
Result<void> read_chat(Source& source, const Options& options, Sink& sink) {
    TRY(auto text, read_head(source, 1 << 20));
    if (!sink.context({.source = "chat", .title = options.name, .facts = "{}"})) return {};
    Item item;
    item.dialect = model::Dialect::whatsapp_text;
    item.raw = std::move(text);
    item.files = {"IMG-1.jpg"};
    sink.item(std::move(item));
    return {};
}
Match recognise_picture(std::string_view head, std::string_view) {
    return head.starts_with("\xff\xd8\xff") ? Match::yes : Match::no;
}

std::span<const Format> formats() {
    static const std::vector<Format> list{
        Format{"picture", "picture", recognise_picture, nullptr, "a picture: not a mailbox"},
        Format{"chat", "chat", recognise_chat, read_chat, {}},
        eml::format,
        mbox::format};
    return list;
}

using Members = std::vector<std::pair<std::string, std::string>>;

class Packed {
public:
    enum class Kind { zip, tar, tar_gz, gz };
    static std::string make(Kind kind, const Members& members) {
        std::string out(1 << 20, '\0');
        for (const auto& [name, bytes] : members) out.resize(out.size() + bytes.size() + 4096);
        std::size_t used = 0;
        auto* writer = ::archive_write_new();
        if (kind == Kind::zip) {
            ::archive_write_set_format_zip(writer);
        } else if (kind == Kind::gz) {
            ::archive_write_set_format_raw(writer);
        } else {
            ::archive_write_set_format_pax_restricted(writer);
        }
        if (kind == Kind::tar_gz || kind == Kind::gz) ::archive_write_add_filter_gzip(writer);
        EXPECT_EQ(::archive_write_open_memory(writer, out.data(), out.size(), &used), ARCHIVE_OK);
        for (const auto& [name, bytes] : members) {
            auto* entry = ::archive_entry_new();
            ::archive_entry_set_pathname(entry, name.c_str());
            ::archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
            ::archive_entry_set_mtime(entry, 1'700'000'000, 0);
            if (bytes == "-> link") {
                ::archive_entry_set_size(entry, 0);
                ::archive_entry_set_filetype(entry, AE_IFLNK);
                ::archive_entry_set_symlink(entry, "/etc/passwd");
            } else {
                ::archive_entry_set_filetype(entry, AE_IFREG);
            }
            ::archive_entry_set_perm(entry, 0644);
            ::archive_write_header(writer, entry);
            if (bytes != "-> link") ::archive_write_data(writer, bytes.data(), bytes.size());
            ::archive_entry_free(entry);
        }
        ::archive_write_close(writer);
        ::archive_write_free(writer);
        out.resize(used);
        return out;
    }
};
using Kind = Packed::Kind;

struct Outcome {
    CollectingSink sink;
    std::optional<Error> error;
    std::map<std::string, std::string> refused;
    std::map<std::string, std::string> files;
};

Outcome read_from(Source& source, std::string name) {
    Outcome outcome;
    Options options;
    options.name = std::move(name);
    const auto done = read(source, options, outcome.sink, formats());
    if (!done) outcome.error = done.error();
    for (const auto& [item, reason] : outcome.sink.refused) outcome.refused[item] = reason;
    for (const auto& file : outcome.sink.files) outcome.files[file.start.path] = file.bytes;
    return outcome;
}
Outcome read_bytes(std::string_view bytes, std::string name = "x.zip") {
    MemorySource source(bytes);
    return read_from(source, std::move(name));
}
Outcome read_stream(std::string_view bytes) {
    MemorySource memory(bytes);
    PrefixSource source("", memory);
    return read_from(source, "x.zip");
}

std::vector<std::string> members(const Outcome& outcome) {
    std::vector<std::string> all;
    for (const auto& item : outcome.sink.items) all.push_back(item.member);
    return all;
}
using Names = std::vector<std::string>;

TEST(Archive, mails_and_mailboxes_inside_are_read_with_the_members_path) {
    const Members content{{"a/1.eml", std::string(mail)}, {"b.mbox", std::string(mbox_text)}};
    for (const auto kind : {Kind::zip, Kind::tar, Kind::tar_gz}) {
        const auto bytes = Packed::make(kind, content);

        const auto whole = read_bytes(bytes);
        const auto stream = read_stream(bytes);

        EXPECT_FALSE(whole.error.has_value());
        EXPECT_EQ(members(whole), (Names{"a/1.eml", "b.mbox", "b.mbox"}));
        EXPECT_EQ(members(stream), members(whole));
        EXPECT_EQ(whole.sink.items[0].raw, mail);
        EXPECT_EQ(whole.sink.items[2].folder, "b");
        EXPECT_GT(whole.sink.items[2].position, 0u);
        EXPECT_EQ(whole.sink.contexts.size(), 2u);
    }
}

TEST(Archive, a_packed_file_is_named_without_its_ending) {
    const auto outcome =
        read_bytes(Packed::make(Kind::gz, {{"x", std::string(mbox_text)}}), "mail.mbox.gz");
    EXPECT_EQ(members(outcome), (Names{"mail.mbox", "mail.mbox"}));
}

TEST(Archive, a_maildir_inside_gives_folder_flags_and_time) {
    const auto outcome =
        read_bytes(Packed::make(Kind::tar_gz,
                                {{"maildir/cur/1.a:2,RSF", std::string(mail)},
                                 {"maildir/new/2.b", "Subject: y\n\n"},
                                 {"maildir/.&BBAEQARFBDgEMg-.2024/cur/3.c:2,S", "no header"},
                                 {"maildir/dovecot-keywords", "0 $Junk\n"}}),
                   "maildir.tgz");

    ASSERT_EQ(outcome.sink.items.size(), 3u);
    EXPECT_EQ(outcome.sink.items[0].folder, "INBOX");
    EXPECT_EQ(outcome.sink.items[0].flags, "RSF");
    EXPECT_EQ(outcome.sink.items[0].received, from_unix(1'700'000'000));
    EXPECT_EQ(outcome.sink.items[2].folder, "Архив/2024");
    EXPECT_EQ(outcome.sink.items[2].raw, "no header");
    EXPECT_TRUE(outcome.refused.empty());
    EXPECT_EQ(outcome.sink.contexts.size(), 1u);
}

TEST(Archive, media_of_a_whatsapp_export_come_after_its_text) {
    const auto outcome = read_bytes(Packed::make(Kind::zip,
                                                 {{"IMG-1.jpg", "\xff\xd8\xff picture"},
                                                  {"_chat.txt", "CHAT text"},
                                                  {"note.pdf", "%PDF-"}}),
                                    "WhatsApp Chat - Иван.zip");

    ASSERT_EQ(outcome.sink.items.size(), 1u);
    EXPECT_EQ(outcome.sink.contexts.at(0).title, "WhatsApp Chat - Иван.txt");
    EXPECT_EQ(outcome.files.at("IMG-1.jpg"), "\xff\xd8\xff picture");
    EXPECT_EQ(outcome.files.at("note.pdf"), "%PDF-");
    EXPECT_TRUE(outcome.sink.files[0].whole);
    EXPECT_TRUE(outcome.refused.empty());
}

TEST(Archive, media_of_a_telegram_export_are_named_as_its_messages_name_them) {
    const auto outcome = read_bytes(Packed::make(Kind::zip,
                                                 {{"Export/photos/1.jpg", "\xff\xd8\xff"},
                                                  {"Export/result.json", "CHAT"},
                                                  {"Export/chats/chat_01/files/a.pdf", "%PDF-"},
                                                  {"Export/other.jpg", "\xff\xd8\xff"}}));

    EXPECT_EQ(outcome.sink.items.size(), 1u);
    EXPECT_TRUE(outcome.files.contains("photos/1.jpg"));
    EXPECT_TRUE(outcome.files.contains("chats/chat_01/files/a.pdf"));
    EXPECT_EQ(outcome.refused.at("Export/other.jpg"), "a picture: not a mailbox");
}

TEST(Archive, what_is_not_read_is_refused_by_name) {
    const auto outcome = read_bytes(Packed::make(Kind::tar,
                                                 {{"a.jpg", "\xff\xd8\xff"},
                                                  {"b.bin", "something else"},
                                                  {"empty.eml", ""},
                                                  {"link", "-> link"},
                                                  {".DS_Store", "x"},
                                                  {"../../etc/1.eml", std::string(mail)}}));

    EXPECT_EQ(outcome.refused.at("a.jpg"), "a picture: not a mailbox");
    EXPECT_EQ(outcome.refused.at("b.bin"), "not a known format");
    EXPECT_EQ(outcome.refused.at("empty.eml"), "empty file");
    EXPECT_EQ(outcome.refused.at("link"), "a link or special file: not followed");
    EXPECT_EQ(outcome.refused.size(), 4u);
    EXPECT_EQ(members(outcome), Names{"etc/1.eml"});
}

TEST(Archive, archives_in_archives_are_read_to_the_limit_of_depth) {
    auto bytes = Packed::make(Kind::zip, {{"deep.eml", std::string(mail)}});
    for (int i = 0; i < 4; ++i)
        bytes = Packed::make(i % 2 ? Kind::tar_gz : Kind::zip,
                             {{"in.zip", bytes}, {"beside.eml", std::string(mail)}});

    const auto five = read_bytes(bytes);
    const auto six = read_bytes(Packed::make(Kind::zip, {{"out.zip", bytes}}));

    EXPECT_EQ(five.sink.items.size(), 5u);
    EXPECT_EQ(members(five)[0], "in.zip/in.zip/in.zip/in.zip/deep.eml");
    EXPECT_EQ(six.sink.items.size(), 4u);
    EXPECT_EQ(six.refused.at("out.zip/in.zip/in.zip/in.zip/in.zip"),
              "archives nested more than 5 deep");
}

TEST(Archive, a_bomb_stops_with_a_clear_refusal) {
    const auto bomb =
        Packed::make(Kind::zip, {{"bomb.eml", std::string(mail) + std::string(200 << 20, '\n')}});
    const auto tgz = Packed::make(Kind::tar_gz, {{"bomb.bin", std::string(200 << 20, '\0')}});

    const auto outcome = read_bytes(bomb);
    const auto skipped = read_bytes(tgz);
    const auto inside = read_bytes(Packed::make(Kind::zip, {{"a.zip", bomb}}));

    ASSERT_TRUE(outcome.error.has_value());
    EXPECT_EQ(outcome.error->code, Errc::too_large);
    EXPECT_EQ(outcome.error->what, "the archive unpacks to more than 1000 times its size");
    EXPECT_EQ(outcome.sink.items.size(), 0u);
    ASSERT_TRUE(skipped.error.has_value());
    EXPECT_EQ(skipped.error->code, Errc::too_large);
    ASSERT_TRUE(inside.error.has_value());
}

TEST(Archive, a_cut_archive_keeps_what_was_read_and_says_where_it_broke) {
    const Members content{{"1.eml", std::string(mail)},
                          {"2.eml", std::string(mail) + std::string(100'000, 'x')}};
    const auto bytes = Packed::make(Kind::tar, content);

    const auto outcome = read_bytes(std::string_view(bytes).substr(0, 20'000));

    EXPECT_EQ(members(outcome), Names{"1.eml"});
    EXPECT_TRUE(outcome.error.has_value() || outcome.refused.contains("2.eml"));
}

TEST(Archive, every_cut_of_an_archive_ends_without_harm) {
    for (const auto kind : {Kind::zip, Kind::tar, Kind::tar_gz}) {
        const auto bytes =
            Packed::make(kind, {{"1.eml", std::string(mail)}, {"b.mbox", std::string(mbox_text)}});
        for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 2000); ++size) {
            read_bytes(std::string_view(bytes).substr(0, size));
            read_stream(std::string_view(bytes).substr(0, size));
        }
    }
}

TEST(Archive, the_sink_can_stop_the_reading) {
    const auto bytes =
        Packed::make(Kind::zip, {{"1.eml", std::string(mail)}, {"2.eml", std::string(mail)}});
    MemorySource source(bytes);
    CollectingSink sink(1);
    EXPECT_TRUE(read(source, {}, sink, formats()).has_value());
    EXPECT_EQ(sink.items.size(), 1u);
}

TEST(Archive, a_slack_export_and_an_office_document_are_refused_as_a_whole) {
    const auto slack =
        read_bytes(Packed::make(Kind::zip, {{"channels.json", "[]"}, {"users.json", "[]"}}));
    const auto office =
        read_bytes(Packed::make(Kind::zip, {{"a.xml", "<"}, {"[Content_Types].xml", "<"}}));
    ASSERT_TRUE(slack.error && office.error);
    EXPECT_EQ(slack.error->code, Errc::unsupported);
    EXPECT_EQ(slack.error->what, "a Slack export: not supported yet");
    EXPECT_EQ(office.error->code, Errc::unsupported);
}

// As in the reading worker, which may not open files.
class NoMoreFiles {
public:
    NoMoreFiles() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit none{0, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(Archive, russian_names_are_read_without_opening_any_file) {
    for (const char* name : {"names_utf8", "names_cp866"}) {
        const auto bytes =
            read_file(Path(LETOPIS_SOURCE_DIR) / "fuzz/corpus/archive" / name).value_or("");
        const NoMoreFiles closed;
        const auto whole = read_bytes(bytes);
        const auto stream = read_stream(bytes);

        EXPECT_EQ(members(whole), Names{"Письма/счёт №1.eml"}) << name;
        EXPECT_EQ(members(stream), members(whole)) << name;
        EXPECT_EQ(whole.refused.at("Письма/другое.bin"), "not a known format");
    }
}

TEST(Archive, recognition_goes_by_magic_numbers) {
    EXPECT_EQ(recognise(Packed::make(Kind::zip, {{"a", "b"}}), ""), Match::yes);
    EXPECT_EQ(recognise(Packed::make(Kind::tar, {{"a", "b"}}), ""), Match::yes);
    EXPECT_EQ(recognise(Packed::make(Kind::gz, {{"a", "b"}}), ""), Match::yes);
    EXPECT_EQ(recognise(mail, "x.zip"), Match::no);
    EXPECT_EQ(recognise(std::string(1024, '\0'), ""), Match::no);
    EXPECT_EQ(recognise("", ""), Match::no);
}

TEST(Place, paths_are_labels_and_lead_nowhere) {
    EXPECT_EQ(label("../../etc/passwd"), "etc/passwd");
    EXPECT_EQ(label("/abs//./x"), "abs/x");
    EXPECT_EQ(label("C:\\Users\\a.eml"), "Users/a.eml");
    EXPECT_EQ(label("\x91\xe7\xf1\xe2.pdf"), "Счёт.pdf");
    EXPECT_EQ(label(".."), "");
}

TEST(Place, maildir_paths_are_understood_with_and_without_a_root) {
    EXPECT_EQ(maildir_message("cur/1.a")->folder, "INBOX");
    EXPECT_EQ(maildir_message("Maildir/.Sent/cur/1.a:2,S")->folder, "Sent");
    EXPECT_EQ(maildir_message("Mail/Archive/2024/new/1.a")->folder, "Archive/2024");
    EXPECT_EQ(maildir_message(".Sent/cur/1.a;2,FS")->flags, "FS");
    EXPECT_FALSE(maildir_message("a/b.eml").has_value());
    EXPECT_FALSE(maildir_message("cur").has_value());
}

class SharedArchives : public testing::Test {
protected:
    void SetUp() override {
        const char* set = ::getenv("LETOPIS_SHARED_DATA");
        data_ = set != nullptr ? Path(set) : Path(LETOPIS_SOURCE_DIR) / "../shared/data";
        if (!std::filesystem::exists(data_)) GTEST_SKIP() << "the shared sample data is not here";
    }
    Outcome of(const std::string& name) {
        const auto bytes = read_file(data_ / name).value_or("");
        EXPECT_NE(bytes, "") << name;
        return read_bytes(bytes, std::string(base_name(name)));
    }
    Path data_;
};

TEST_F(SharedArchives, packed_mailboxes_hold_the_same_messages_as_those_beside_them) {
    const auto mbox_zip = of("email/mox/importtest.mbox.zip");
    const auto maildir = of("email/mox/importtest.maildir.tgz");

    EXPECT_EQ(mbox_zip.sink.items.size(), 2u);
    ASSERT_EQ(maildir.sink.items.size(), 2u);
    EXPECT_EQ(maildir.sink.items[0].folder, "INBOX");
    EXPECT_EQ(maildir.sink.items[0].flags, "RSFbcde");
    EXPECT_EQ(maildir.sink.items[1].raw,
              read_file(data_ / "email/mox/importtest.maildir/new/1642968136.5.mox").value_or(""));
    EXPECT_EQ(of("chat/slack/testarchive.zip").error->what, "a Slack export: not supported yet");
}

TEST_F(SharedArchives, hostile_archives_end_in_time_and_without_harm) {
    std::size_t archives = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data_ / "attachments")) {
        if (!entry.is_regular_file()) continue;
        const auto bytes = read_file(entry.path()).value_or("");
        if (recognise(std::string_view(bytes).substr(0, head_bytes), "") == Match::no) continue;
        ++archives;
        read_bytes(bytes, entry.path().filename().string());
        read_stream(bytes);
    }
    EXPECT_GT(archives, 15u);
    EXPECT_EQ(of("attachments/tika/testZipEncrypted.zip").refused.begin()->second, "encrypted");
}

}  // namespace
}  // namespace letopis::capture::archive
