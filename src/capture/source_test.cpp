// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/source.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/files.hpp"

namespace letopis::capture {
namespace {

// Gives one byte at a time, as a slow pipe may.
class Dripping final : public Source {
public:
    explicit Dripping(std::string_view bytes) : inner_(bytes) {}
    Result<std::size_t> read(char* buffer, std::size_t size) override {
        return inner_.read(buffer, std::min<std::size_t>(size, 1));
    }
    bool can_seek() const override { return false; }
    Result<void> seek(std::uint64_t) override { return fail(Errc::unsupported, "pipe"); }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }

private:
    MemorySource inner_;
};

TEST(Source, a_head_is_as_long_as_asked_or_as_there_is) {
    Dripping source("abcdef");
    EXPECT_EQ(read_head(source, 4).value(), "abcd");
    EXPECT_EQ(read_head(source, 4).value(), "ef");
    EXPECT_EQ(read_head(source, 4).value(), "");
}

TEST(Source, a_prefix_comes_before_the_rest_and_only_once) {
    MemorySource rest("def");
    PrefixSource source("abc", rest);
    EXPECT_EQ(read_head(source, 100).value(), "abcdef");
    EXPECT_FALSE(source.can_seek());
    EXPECT_FALSE(source.seek(0).has_value());
}

TEST(Source, a_file_seeks_without_moving_the_descriptor_and_a_pipe_does_not_seek) {
    std::string name = (std::filesystem::temp_directory_path() / "letopis_source_XXXXXX").string();
    const Fd file(::mkstemp(name.data()));
    ::unlink(name.c_str());
    ASSERT_TRUE(write_all(file.get(), "0123456789").has_value());
    const auto at = ::lseek(file.get(), 0, SEEK_CUR);
    const auto source = source_of(file.get());
    ASSERT_TRUE(source->can_seek());
    EXPECT_EQ(source->size(), 10u);
    ASSERT_TRUE(source->seek(7).has_value());
    EXPECT_EQ(read_head(*source, 100).value(), "789");
    EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), at);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const Fd in(ends[0]);
    {
        const Fd out(ends[1]);
        ASSERT_TRUE(write_all(out.get(), "xyz").has_value());
    }
    const auto pipe = source_of(in.get());
    EXPECT_FALSE(pipe->can_seek());
    EXPECT_EQ(read_head(*pipe, 100).value(), "xyz");
    EXPECT_FALSE(source_of(-1)->read(name.data(), 1).has_value());
}

TEST(Window, gives_every_byte_once_whatever_is_dropped_and_taken) {
    std::string bytes;
    for (int i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(i * 7 + i / 251);
    MemorySource source(bytes);
    Window window(source);
    std::string seen;
    std::size_t step = 1;
    while (!window.ended() || !window.view().empty()) {
        while (window.view().size() < step && !window.ended())
            ASSERT_TRUE(window.fill().has_value());
        const auto part = std::min(step, window.view().size());
        ASSERT_EQ(window.offset(), seen.size());
        seen += window.view().substr(0, part / 2);
        seen += window.take(part / 2, part);
        step = step * 3 % 100'003;
    }
    EXPECT_TRUE(seen == bytes);
}

TEST(Window, a_long_run_is_taken_without_a_copy_and_the_rest_stays) {
    const std::string bytes = std::string(20 << 20, 'a') + "rest";
    MemorySource source(bytes);
    Window window(source);
    while (!window.ended()) ASSERT_TRUE(window.fill().has_value());
    window.drop(1);

    const auto run = window.take(5, (20 << 20) - 1);

    EXPECT_EQ(run.size(), (20u << 20) - 6);
    EXPECT_EQ(window.view(), "rest");
    EXPECT_EQ(window.offset(), 20u << 20);
}

}  // namespace
}  // namespace letopis::capture
