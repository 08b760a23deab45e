// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/frames.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/files.hpp"

namespace letopis::capture {
namespace {

Item an_item() {
    return Item{.key = "5118",
                .dialect = model::Dialect::mail_mboxrd,
                .raw = std::string("Subject: x\n\n\0text", 17),
                .position = 1234567890123,
                .member = "a/b.eml",
                .folder = "Архив/2024",
                .flags = "FS",
                .envelope = "From a@b Sat Nov 21 20:54:27 2026",
                .received = from_unix(-5),
                .files = {"photos/1.jpg", "files/счёт.pdf"}};
}

template <class T>
T round_trip(const T& event) {
    const auto frame = encode_event(event);
    const auto decoded = decode_event(std::string_view(frame).substr(4));
    EXPECT_TRUE(decoded.has_value());
    const auto taken = take_event(frame.substr(4));
    EXPECT_TRUE(taken.has_value());
    EXPECT_EQ(encode_event(taken.value()), frame);
    return std::get<T>(decoded.value());
}

TEST(Frames, an_item_survives_the_pipe_with_every_field) {
    const auto item = an_item();

    const auto back = round_trip(item);

    EXPECT_EQ(back.key, item.key);
    EXPECT_EQ(back.dialect, item.dialect);
    EXPECT_EQ(back.raw, item.raw);
    EXPECT_EQ(back.position, item.position);
    EXPECT_EQ(back.member, item.member);
    EXPECT_EQ(back.folder, item.folder);
    EXPECT_EQ(back.flags, item.flags);
    EXPECT_EQ(back.envelope, item.envelope);
    EXPECT_EQ(back.received, item.received);
    EXPECT_EQ(back.files, item.files);
}

TEST(Frames, every_other_event_survives_the_pipe) {
    EXPECT_EQ(round_trip(Recognised{"mbox"}).format, "mbox");
    const auto context = round_trip(Context{.source = "telegram:user4242/777000111",
                                            .title = "ООО Ромашка",
                                            .channel = model::Channel::telegram,
                                            .facts = "{}"});
    EXPECT_EQ(context.source, "telegram:user4242/777000111");
    EXPECT_EQ(context.title, "ООО Ромашка");
    EXPECT_EQ(context.channel, model::Channel::telegram);
    EXPECT_EQ(context.facts, "{}");
    const auto file = round_trip(FileStart{"a/b.jpg", 77, from_unix(5)});
    EXPECT_EQ(file.path, "a/b.jpg");
    EXPECT_EQ(file.size, 77u);
    EXPECT_EQ(file.modified, from_unix(5));
    EXPECT_EQ(round_trip(FileStart{"x", std::nullopt, std::nullopt}).size, std::nullopt);
    EXPECT_EQ(round_trip(FileBytes{"bytes"}).bytes, "bytes");
    EXPECT_FALSE(round_trip(FileEnd{false}).whole);
    EXPECT_TRUE(round_trip(FileEnd{true}).whole);
    EXPECT_EQ(round_trip(Refused{"a", "b"}).reason, "b");
    EXPECT_EQ(round_trip(Progress{99}).bytes_read, 99u);
    round_trip(End{});
    const auto failed = round_trip(Failed{Error{Errc::unsupported, "what", "hint"}});
    EXPECT_EQ(failed.error.code, Errc::unsupported);
    EXPECT_EQ(failed.error.what, "what");
    EXPECT_EQ(failed.error.hint, "hint");
}

TEST(Frames, a_request_survives_the_pipe) {
    Request request;
    request.format = "whatsapp";
    request.options.name = "Чат.txt";
    request.options.zone = "+03:00";
    request.options.owner = "Анна";
    request.options.date_order = "dmy";
    request.options.resume_at = 1u << 31;
    request.options.depth = 2;

    const auto frame = encode_request(request);
    const auto back = decode_request(std::string_view(frame).substr(4));

    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->format, "whatsapp");
    EXPECT_EQ(back->options.name, "Чат.txt");
    EXPECT_EQ(back->options.zone, "+03:00");
    EXPECT_EQ(back->options.owner, "Анна");
    EXPECT_EQ(back->options.date_order, "dmy");
    EXPECT_EQ(back->options.resume_at, 1u << 31);
    EXPECT_EQ(back->options.depth, 2);
}

TEST(Frames, a_cut_or_lengthened_frame_is_refused) {
    const auto whole = encode_event(Refused{"item", "reason"}).substr(4);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(decode_event(whole.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(decode_event(whole + "x").has_value());
    EXPECT_FALSE(decode_event("\xff").has_value());
    const auto item = encode_event(an_item()).substr(4);
    for (std::size_t size = 0; size < item.size(); ++size) {
        const auto cut = item.substr(0, size);
        EXPECT_EQ(take_event(cut).has_value(), decode_event(cut).has_value()) << size;
    }
}

TEST(Frames, numbers_outside_the_enumerations_are_refused) {
    auto item = an_item();
    item.dialect = static_cast<model::Dialect>(200);
    EXPECT_FALSE(decode_event(std::string_view(encode_event(item)).substr(4)).has_value());
    EXPECT_FALSE(take_event(encode_event(item).substr(4)).has_value());
    const Failed failed{Error{static_cast<Errc>(99), "", ""}};
    EXPECT_FALSE(decode_event(std::string_view(encode_event(failed)).substr(4)).has_value());
    const Context context{.channel = static_cast<model::Channel>(99)};
    EXPECT_FALSE(decode_event(std::string_view(encode_event(context)).substr(4)).has_value());
}

TEST(Frames, a_stream_fed_byte_by_byte_gives_the_same_frames) {
    const auto stream =
        encode_event(Recognised{"mbox"}) + encode_event(an_item()) + encode_event(End{});
    FrameDecoder decoder;
    std::vector<std::string> frames;

    for (const char byte : stream) {
        decoder.feed(std::string_view(&byte, 1));
        for (;;) {
            const auto frame = decoder.next();
            ASSERT_TRUE(frame.has_value());
            if (!frame->has_value()) break;
            frames.emplace_back(**frame);
        }
    }

    ASSERT_EQ(frames.size(), 3u);
    EXPECT_TRUE(decoder.empty());
    EXPECT_TRUE(ends_stream(frames[2]));
    EXPECT_FALSE(ends_stream(frames[1]));
    EXPECT_EQ(std::get<Item>(decode_event(frames[1]).value()).raw, an_item().raw);
}

TEST(Frames, an_impossible_length_ends_the_stream) {
    FrameDecoder decoder;
    decoder.feed(std::string_view("\xff\xff\xff\xff", 4));
    EXPECT_FALSE(decoder.next().has_value());
    FrameDecoder zero;
    zero.feed(std::string_view("\0\0\0\0", 4));
    EXPECT_FALSE(zero.next().has_value());
}

TEST(Frames, a_large_item_is_written_the_same_way_as_a_small_one) {
    std::string name = (std::filesystem::temp_directory_path() / "letopis_frames_XXXXXX").string();
    Fd out(::mkstemp(name.data()));
    ASSERT_TRUE(out);
    auto large = an_item();
    large.raw.assign(3 << 20, 'x');
    FrameSink sink(out.get());

    EXPECT_TRUE(sink.item(an_item()) && sink.item(large) && sink.item(an_item()) && sink.end());

    const auto written = read_file(name);
    ::unlink(name.c_str());
    EXPECT_EQ(written.value_or(""),
              encode_event(an_item()) + encode_event(large) + encode_event(an_item()) +
                  encode_event(End{}));
}

TEST(Frames, a_sink_over_a_pipe_sends_what_the_decoder_reads_and_notices_a_dead_reader) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    Fd out(ends[1]);
    {
        Fd in(ends[0]);
        FrameSink sink(out.get());
        EXPECT_TRUE(sink.recognised("mbox"));
        EXPECT_TRUE(sink.item(an_item()));
        EXPECT_TRUE(sink.end());
        char buffer[4096];
        const auto got = ::read(in.get(), buffer, sizeof buffer);
        ASSERT_GT(got, 0);
        FrameDecoder decoder;
        decoder.feed(std::string_view(buffer, static_cast<std::size_t>(got)));
        int frames = 0;
        while (decoder.next().value()) ++frames;
        EXPECT_EQ(frames, 3);
    }
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    FrameSink sink(out.get());
    EXPECT_TRUE(sink.item(an_item()));
    EXPECT_FALSE(sink.flush());
    EXPECT_FALSE(sink.item(an_item()));
    ::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace letopis::capture
