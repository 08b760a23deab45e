// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/mbox/mbox.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>

#include "base/files.hpp"
#include "capture/collecting_sink.hpp"
#include "capture/mbox/from_line.hpp"
#include "capture/source.hpp"

namespace letopis::capture::mbox {
namespace {

constexpr std::string_view from_a = "From a@x.example Sat Nov 21 20:54:27 2026\n";
constexpr std::string_view from_b = "From b@x.example Sun Nov 22 20:54:27 2026\n";

CollectingSink read_bytes(std::string_view bytes, Options options = {}) {
    MemorySource source(bytes);
    CollectingSink sink;
    const auto done = format.read(source, options, sink);
    EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().what);
    return sink;
}

// The same bytes through an input that cannot seek, in small reads.
CollectingSink read_stream(std::string_view bytes) {
    MemorySource memory(bytes);
    PrefixSource source("", memory);
    CollectingSink sink;
    EXPECT_TRUE(format.read(source, {}, sink).has_value());
    return sink;
}

std::vector<std::string> raws(const CollectingSink& sink) {
    std::vector<std::string> all;
    for (const auto& item : sink.items) all.push_back(item.raw);
    return all;
}

// The file again, from what was captured: the promise of docs/formats/capture.md.
std::string rebuilt(const CollectingSink& sink, std::string_view original) {
    std::string out;
    for (std::size_t i = 0; i < sink.items.size(); ++i) {
        const auto& item = sink.items[i];
        const auto next = i + 1 < sink.items.size() ? sink.items[i + 1].position : original.size();
        EXPECT_EQ(out.size(), item.position);
        out += item.envelope;
        const auto from_end = item.position + item.envelope.size();
        out += original.substr(from_end, 2) == "\r\n" ? "\r\n" : original.substr(from_end, 1);
        out += item.raw;
        const auto blank = next - out.size();
        EXPECT_LE(blank, 2u);
        out += blank == 2 ? "\r\n" : blank == 1 ? "\n" : "";
    }
    return out;
}

using Raws = std::vector<std::string>;

TEST(Mbox, the_blank_line_before_a_from_line_belongs_to_the_separator) {
    const auto text = std::string(from_a) + "Subject: 1\n\none\n\n" + std::string(from_b) +
                      "Subject: 2\n\ntwo\n\n\n";

    const auto sink = read_bytes(text);

    EXPECT_EQ(raws(sink), (Raws{"Subject: 1\n\none\n", "Subject: 2\n\ntwo\n\n"}));
    EXPECT_EQ(sink.items[0].envelope, "From a@x.example Sat Nov 21 20:54:27 2026");
    EXPECT_EQ(sink.items[1].position, from_a.size() + 17);
    EXPECT_EQ(sink.items[0].received, from_civil(2026, 11, 21, 20, 54, 27));
    EXPECT_EQ(rebuilt(sink, text), text);
}

TEST(Mbox, crlf_files_are_cut_the_same_way) {
    const std::string text =
        "From a@x.example Sat Nov 21 20:54:27 2026\r\nSubject: 1\r\n\r\none\r\n\r\n"
        "From b@x.example Sat Nov 21 20:54:27 2026\r\nSubject: 2\r\n\r\ntwo\r\n\r\n";

    const auto sink = read_bytes(text);

    EXPECT_EQ(raws(sink), (Raws{"Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n\r\ntwo\r\n"}));
    EXPECT_EQ(rebuilt(sink, text), text);
}

TEST(Mbox, a_missing_final_newline_and_an_empty_message_are_kept_exactly) {
    for (const std::string tail : {"", "\n", "Subject: x", "Subject: x\n", "Subject: x\n\n"}) {
        const auto text = std::string(from_a) + "\n" + std::string(from_b) + tail;
        const auto sink = read_bytes(text);
        EXPECT_EQ(sink.items.size(), 2u) << tail;
        EXPECT_EQ(rebuilt(sink, text), text) << tail;
    }
}

TEST(Mbox, a_sentence_that_begins_with_from_does_not_cut_a_message) {
    const auto text =
        std::string(from_a) +
        "Subject: 1\n\nHello\n\nFrom our side all is well.\n\nFrom\n\nFrom \n\n"
        "From tomorrow on\nNote: we open at 10\n\nFrom 12:30 to 13:00 on May 5 2026\n";

    EXPECT_EQ(read_bytes(text).items.size(), 1u);
}

TEST(Mbox, a_from_line_without_date_counts_when_a_mail_header_follows) {
    const auto text = std::string("From \nSubject: 1\n\none\n\nFrom bob\nReceived: x\n\ntwo\n\n") +
                      "From - Tue Nov 14 10:00:00 2023\nX-Mozilla-Status: 0009\n\nthree\n";

    const auto sink = read_bytes(text);

    ASSERT_EQ(sink.items.size(), 3u);
    EXPECT_EQ(sink.items[0].received, std::nullopt);
    EXPECT_EQ(sink.items[2].received, from_civil(2023, 11, 14, 10, 0, 0));
    EXPECT_EQ(sink.items[2].flags, "ST");
    EXPECT_EQ(rebuilt(sink, text), text);
}

TEST(Mbox, a_dated_from_line_right_after_text_counts_when_a_mail_header_follows) {
    const auto cut =
        std::string(from_a) + "A: 1\n\none\n" + std::string(from_b) + "Subject: 2\n\nx\n";
    const auto quoted = std::string(from_a) + "A: 1\n\none\n" + std::string(from_b) + "and so on\n";

    EXPECT_EQ(raws(read_bytes(cut)), (Raws{"A: 1\n\none\n", "Subject: 2\n\nx\n"}));
    EXPECT_EQ(rebuilt(read_bytes(cut), cut), cut);
    EXPECT_EQ(read_bytes(quoted).items.size(), 1u);
}

TEST(Mbox, content_length_is_believed_only_when_it_leads_to_a_message_end) {
    const auto body = "one\n\n" + std::string(from_b) + "Subject: inner\n\nx\n";
    const auto with = [&](std::size_t length) {
        return std::string(from_a) + "Content-Length: " + std::to_string(length) + "\n\n" + body +
               "\n" + std::string(from_b) + "Subject: 2\n\ntwo\n";
    };

    const auto right = read_bytes(with(body.size()));
    const auto wrong = read_bytes(with(body.size() - 3));
    const auto absurd = read_bytes(with(99999999999));

    ASSERT_EQ(right.items.size(), 2u);
    EXPECT_TRUE(right.items[0].raw.ends_with(body));
    EXPECT_EQ(right.items[0].dialect, model::Dialect::mail_mboxcl2);
    EXPECT_EQ(rebuilt(right, with(body.size())), with(body.size()));
    EXPECT_EQ(wrong.items.size(), 3u);
    EXPECT_EQ(absurd.items.size(), 3u);
    EXPECT_EQ(raws(read_stream(with(body.size()))), raws(right));
}

TEST(Mbox, the_dialect_is_decided_from_the_quoting) {
    const auto with = [](std::string_view line) {
        return std::string(from_a) + "Subject: 1\n\n" + std::string(line) + "\n\n" +
               std::string(from_b) + "Subject: 2\n\ntwo\n";
    };

    const auto twice = read_bytes(with(">>From x"));
    EXPECT_EQ(twice.items[1].dialect, model::Dialect::mail_mboxrd);
    EXPECT_NE(twice.contexts.at(0).facts.find(R"("dialect":"mboxrd")"), std::string::npos);
    EXPECT_EQ(read_bytes(with(">From x")).items[0].dialect, model::Dialect::mail_mboxo);
    EXPECT_EQ(read_bytes(with("> >From x")).items[0].dialect, model::Dialect::mail_mboxo);
    EXPECT_EQ(read_bytes(with("text >>From x")).items[0].dialect, model::Dialect::mail_mboxo);
    EXPECT_EQ(read_stream(with(">>From x")).items[0].dialect, model::Dialect::mail_mboxrd);
}

TEST(Mbox, status_headers_become_maildir_letters) {
    const auto flags = [](std::string_view headers) {
        return read_bytes(std::string(from_a) + std::string(headers) + "\nx\n").items.at(0).flags;
    };
    EXPECT_EQ(flags("Status: RO\n"), "S");
    EXPECT_EQ(flags("STATUS: O\nX-Status: AFDT\n"), "DFRT");
    EXPECT_EQ(flags("X-Mozilla-Status: 1007\n"), "FPRS");
    EXPECT_EQ(flags("Subject: Status: R\n"), "");
    EXPECT_EQ(flags("A: b\n\nStatus: R\n"), "");
}

TEST(Mbox, text_before_the_first_from_line_is_counted_as_refused) {
    const auto sink = read_bytes("junk\nmore\n" + std::string(from_a) + "A: 1\n\nx\n");

    EXPECT_EQ(sink.items.size(), 1u);
    ASSERT_EQ(sink.refused.size(), 1u);
    EXPECT_EQ(sink.refused[0].second, "text before the first From_ line");
    EXPECT_TRUE(read_bytes("\xef\xbb\xbf\n" + std::string(from_a) + "A: 1\n").refused.empty());
}

TEST(Mbox, a_file_without_from_lines_is_no_mbox) {
    MemorySource source("Subject: x\n\nFrom here on\n");
    CollectingSink sink;
    const auto done = format.read(source, {}, sink);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, Errc::invalid);
}

TEST(Mbox, reading_resumes_at_a_reported_position) {
    const auto text =
        std::string(from_a) + "A: 1\n\none\n\n" + std::string(from_b) + "A: 2\n\ntwo\n";
    const auto position = read_bytes(text).items[1].position;
    Options options;
    options.resume_at = position;
    EXPECT_EQ(raws(read_bytes(text, options)), Raws{"A: 2\n\ntwo\n"});
    options.resume_at = position + 1;
    EXPECT_EQ(read_bytes(text, options).items.size(), 2u);
}

TEST(Mbox, the_reader_stops_when_the_sink_says_so) {
    const auto text =
        std::string(from_a) + "A: 1\n\none\n\n" + std::string(from_b) + "A: 2\n\ntwo\n";
    MemorySource source(text);
    CollectingSink sink(1);
    EXPECT_TRUE(format.read(source, {}, sink).has_value());
    EXPECT_EQ(sink.items.size(), 1u);
}

// Repeats a small text without end of memory: a message over the limit.
class Endless final : public Source {
public:
    Endless(std::string head, std::uint64_t middle, std::string tail)
        : head_(std::move(head)),
          tail_(std::move(tail)),
          size_(head_.size() + middle + tail_.size()) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        std::size_t done = 0;
        for (; done < size && at_ < size_; ++done, ++at_) buffer[done] = byte(at_);
        return done;
    }
    bool can_seek() const override { return true; }
    Result<void> seek(std::uint64_t offset) override {
        at_ = offset;
        return {};
    }
    std::optional<std::uint64_t> size() const override { return size_; }

private:
    char byte(std::uint64_t at) const {
        if (at < head_.size()) return head_[at];
        const auto tail = size_ - tail_.size();
        if (at >= tail) return tail_[at - tail];
        return at % 64 == 0 ? '\n' : 'x';
    }
    std::string head_;
    std::string tail_;
    std::uint64_t size_;
    std::uint64_t at_ = 0;
};

TEST(Mbox, a_message_over_the_limit_is_refused_and_the_next_one_is_read) {
    Endless source(std::string(from_a) + "A: 1\n\n",
                   item_bytes_max + (3 << 20),
                   "\n\n" + std::string(from_b) + "A: 2\n\ntwo\n");
    CollectingSink sink;

    EXPECT_TRUE(format.read(source, {}, sink).has_value());

    ASSERT_EQ(sink.items.size(), 1u);
    EXPECT_TRUE(sink.items[0].raw == "A: 2\n\ntwo\n");
    ASSERT_EQ(sink.refused.size(), 1u);
    EXPECT_EQ(sink.refused[0].first, "message at byte 0");
    EXPECT_EQ(sink.refused[0].second, "larger than 256 MiB (271581191 bytes)");
}

TEST(FromLine, dates_of_many_writers_are_understood) {
    const auto date = [](std::string_view line) { return parse_from_line(line).date; };
    const auto noon = from_civil(2023, 11, 14, 12, 0, 0);
    EXPECT_EQ(date("From a@b Tue Nov 14 12:00:00 2023"), noon);
    EXPECT_EQ(date("From a at b.example  Tue Nov 14 12:00:00 2023"), noon);
    EXPECT_EQ(date("From - Tue Nov 14 12:00:00 2023"), noon);
    EXPECT_EQ(date("From 1783@xxx Tue Nov 14 12:00:00 +0000 2023"), noon);
    EXPECT_EQ(date("From a@b Tue Nov 14 15:00:00 2023 +0300"), noon);
    EXPECT_EQ(date("From a@b Tue Nov 14 15:00:00 MSK 2023"), noon);
    EXPECT_EQ(date("From a@b Tue Nov 14 12:00 2023"), noon);
    EXPECT_EQ(date("From a@b Tue, 14 Nov 2023 12:00:00 +0000"), noon);
    EXPECT_EQ(date("From a!b Tue Nov 14 12:00:00 2023 remote from host"), noon);
    EXPECT_EQ(date("From a@b Nov 14 12:00:00 2023"), noon);
    EXPECT_EQ(date("From a@b Thu Nov  2 12:00:00 2023"), from_civil(2023, 11, 2, 12, 0, 0));
}

TEST(FromLine, sentences_and_impossible_dates_are_not_separators) {
    for (const char* line : {"From now on we write Nov 14 12:00:00 2023",
                             "From a@b Tue Nov 34 12:00:00 2023",
                             "From a@b Tue Nov 14 25:00:00 2023",
                             "From a@b Tue Nov 14 12:00:00 2023 was the day",
                             "From me to you",
                             "From: a@b",
                             "from a@b Tue Nov 14 12:00:00 2023"})
        EXPECT_EQ(parse_from_line(line).likeness, Likeness::no) << line;
    EXPECT_EQ(parse_from_line("From bob").likeness, Likeness::sender);
    EXPECT_EQ(parse_from_line("From ").likeness, Likeness::sender);
    EXPECT_EQ(parse_from_line("From " + std::string(5000, 'x')).likeness, Likeness::no);
}

TEST(Mbox, recognition_wants_a_plausible_from_line_first) {
    EXPECT_EQ(format.recognise(from_a, "x"), Match::yes);
    EXPECT_EQ(format.recognise("From \nMessage-Id: <1@x>\n", "x"), Match::yes);
    EXPECT_EQ(format.recognise("From my heart\nI say\n", "x.mbox"), Match::no);
    EXPECT_EQ(format.recognise("From: a@b\n\n", "x.mbox"), Match::no);
    EXPECT_EQ(format.recognise("", ""), Match::no);
}

// The shared sample data (see its README for the counts).
class SharedMboxes : public testing::Test {
protected:
    void SetUp() override {
        const char* set = ::getenv("LETOPIS_SHARED_DATA");
        data_ = set != nullptr ? Path(set) : Path(LETOPIS_SOURCE_DIR) / "../shared/data";
        if (!std::filesystem::exists(data_)) GTEST_SKIP() << "the shared sample data is not here";
    }
    Path data_;
};

TEST_F(SharedMboxes, message_counts_are_those_of_python_mailbox) {
    const std::map<std::string, std::size_t> counts{{"asterix-dev-201709-mailarchivesao.mbox", 53},
                                                    {"empty_attachment.mbox", 1},
                                                    {"empty_body.mbox", 1},
                                                    {"httpd-dev-28428.mbox", 1},
                                                    {"httpd-users-200606-part.mbox", 12},
                                                    {"httpd-users-2020-07.asf.mbox", 108},
                                                    {"httpd-users-2020-07.mbox", 108},
                                                    {"httpd-users-4950.mbox", 1},
                                                    {"nexus-html-only.mbox", 3},
                                                    {"no_date.mbox", 1},
                                                    {"ponymail-dev-1079-mailarchiesao.mbox", 1},
                                                    {"ponymail-dev-1079-mboxvm.mbox", 1},
                                                    {"text_enriched.mbox", 1},
                                                    {"tomcat-ancient-boundary.mbox", 1}};
    for (const auto& [name, count] : counts) {
        const auto bytes = read_file(data_ / "email/mbox-lists" / name);
        ASSERT_TRUE(bytes.has_value()) << name;
        EXPECT_EQ(read_bytes(*bytes).items.size(), count) << name;
    }
    std::size_t pipermail = 0;
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(data_ / "email/mbox-pipermail/r-announce")) {
        pipermail += read_bytes(read_file(entry.path()).value_or("")).items.size();
        ++files;
    }
    EXPECT_EQ(files, 20u);
    EXPECT_EQ(pipermail, 530u);
}

TEST_F(SharedMboxes, every_mbox_is_rebuilt_byte_for_byte_from_what_was_captured) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data_)) {
        if (!entry.is_regular_file()) continue;
        const auto bytes = read_file(entry.path()).value_or("");
        if (format.recognise(std::string_view(bytes).substr(0, head_bytes),
                             entry.path().filename().string()) == Match::no)
            continue;
        ++files;
        const auto sink = read_bytes(bytes);
        EXPECT_EQ(rebuilt(sink, bytes), bytes) << entry.path();
        EXPECT_EQ(raws(read_stream(bytes)), raws(sink)) << entry.path();
        EXPECT_TRUE(sink.refused.empty()) << entry.path();
    }
    EXPECT_GT(files, 40u);
}

}  // namespace
}  // namespace letopis::capture::mbox
