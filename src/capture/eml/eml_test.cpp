// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/eml/eml.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/files.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/source.hpp"

namespace letopis::capture::eml {
namespace {

Match recognised(std::string_view head, std::string_view name = "x") {
    return format.recognise(head, name);
}

TEST(Eml, mail_is_recognised_by_its_headers_whatever_the_name) {
    EXPECT_EQ(recognised("From: a@b\nTo: c@d\n\nx"), Match::yes);
    EXPECT_EQ(recognised("Received: from x\r\n\tby y\r\nSubject: s\r\n\r\nx", "1.txt"), Match::yes);
    EXPECT_EQ(recognised("\xef\xbb\xbf"
                         "From: a@b\nDate: x\n\n"),
              Match::yes);
    EXPECT_EQ(recognised("\n\nFrom: a@b\nDate: x\n\n"), Match::yes);
    EXPECT_EQ(recognised(">From a Mon Jan 1\nFrom: a@b\nDate: x\n\n"), Match::yes);
    EXPECT_NE(recognised("Content-Type: text/html\n\n<html>"), Match::no);
    EXPECT_NE(recognised("Subject:"), Match::no);
    EXPECT_NE(recognised("junk line\nFrom: a@b\nDate: x\nTo: y\n\n"), Match::no);
}

TEST(Eml, a_mail_by_name_needs_less) {
    EXPECT_EQ(recognised("Subject: x\n\n", "a.EML"), Match::yes);
    EXPECT_EQ(recognised("no header at all", "a.eml"), Match::maybe);
    EXPECT_EQ(recognised("From a Mon Jan  1 00:00:00 2001\nFrom: a@b\n\n", "a.eml"), Match::yes);
    EXPECT_EQ(recognised("Subject: x\n\n", "a.msg"), Match::yes);
    EXPECT_EQ(recognised("no header at all", "a.msg"), Match::no);
}

TEST(Eml, other_texts_are_not_mail) {
    for (const char* head : {"",
                             "{\"From\": \"x\", \"To\": \"y\"}",
                             "<!DOCTYPE html><html><body>From: x</body></html>",
                             "Dear sir,\nSubject: x\nwe write to you\nabout many things\n",
                             "note: something\ntodo: other\n",
                             "22.03.2024, 14:36 - Иван: текст\n",
                             "[22.03.2024, 14:36:01] Иван: текст\n",
                             "date,from,to,text\n1,2,3,4\n",
                             "https://example.org/page\n",
                             "#!/bin/sh\necho Subject: x\n"})
        EXPECT_EQ(recognised(head), Match::no) << head;
    EXPECT_EQ(recognised(std::string_view("From: a\0b", 9)), Match::no);
    EXPECT_EQ(recognised("From a Mon Jan  1 00:00:00 2001\nFrom: a@b\nTo: c\n\n"), Match::no);
}

TEST(Eml, the_whole_file_is_one_item_with_every_byte) {
    const std::string bytes(
        "\xef\xbb\xbf"
        "From a Mon\nSubject: x\r\n\r\nbody\0\0\0",
        33);
    MemorySource source(bytes);
    CollectingSink sink;

    EXPECT_TRUE(format.read(source, {}, sink).has_value());

    ASSERT_EQ(sink.items.size(), 1u);
    EXPECT_EQ(sink.items[0].raw, bytes);
    EXPECT_EQ(sink.items[0].dialect, model::Dialect::mail);
    EXPECT_EQ(sink.items[0].key, "");
    ASSERT_EQ(sink.contexts.size(), 1u);
    EXPECT_EQ(sink.contexts[0].channel, model::Channel::email);
}

// A stream that does not tell its size.
class Stream final : public Source {
public:
    explicit Stream(std::uint64_t size) : left_(size) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
        std::fill_n(buffer, part, 'x');
        left_ -= part;
        return part;
    }
    bool can_seek() const override { return false; }
    Result<void> seek(std::uint64_t) override { return fail(Errc::unsupported, "stream"); }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }

private:
    std::uint64_t left_;
};

TEST(Eml, a_mail_over_the_limit_is_refused_with_the_reason) {
    Stream source(item_bytes_max + 1);
    CollectingSink sink;
    Options options;
    options.name = "big.eml";

    EXPECT_TRUE(format.read(source, options, sink).has_value());

    EXPECT_EQ(sink.items.size(), 0u);
    ASSERT_EQ(sink.refused.size(), 1u);
    EXPECT_EQ(sink.refused[0].first, "big.eml");
    EXPECT_TRUE(sink.refused[0].second.starts_with("larger than 256 MiB"));
    Stream largest(item_bytes_max);
    CollectingSink second;
    EXPECT_TRUE(format.read(largest, options, second).has_value());
    ASSERT_EQ(second.items.size(), 1u);
    EXPECT_EQ(second.items[0].raw.size(), item_bytes_max);
}

class SharedMail : public testing::Test {
protected:
    void SetUp() override {
        const char* set = ::getenv("LETOPIS_SHARED_DATA");
        data_ = set != nullptr ? Path(set) : Path(LETOPIS_SOURCE_DIR) / "../shared/data";
        if (!std::filesystem::exists(data_)) GTEST_SKIP() << "the shared sample data is not here";
    }
    Match of(const Path& path) {
        const auto bytes = read_file(path).value_or("");
        return recognised(std::string_view(bytes).substr(0, head_bytes), path.filename().string());
    }
    Path data_;
};

TEST_F(SharedMail, every_sample_mail_is_recognised) {
    for (const char* set : {"email/mail-parser/eml",
                            "email/flanker",
                            "email/ruby-mail",
                            "email/outlook-msg",
                            "email/notmuch",
                            "email/mox/dmarc-reports"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(data_ / set))
            if (entry.path().extension() == ".eml" && entry.file_size() > 0) {
                EXPECT_NE(of(entry.path()), Match::no) << entry.path();
            }
}

TEST_F(SharedMail, chats_documents_and_labelled_data_are_not_mail) {
    std::size_t wrong = 0;
    std::size_t all = 0;
    for (const char* set : {"chat", "webhooks", "labelled", "attachments/tika"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(data_ / set)) {
            if (!entry.is_regular_file()) continue;
            ++all;
            if (of(entry.path()) == Match::yes) {
                ++wrong;
                ADD_FAILURE() << entry.path();
            }
        }
    EXPECT_EQ(wrong, 0u) << "of " << all;
}

}  // namespace
}  // namespace letopis::capture::eml
