// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"

namespace letopis::workers {
namespace {

// What a worker does, and what a hostile one might.
class FeedTest : public testing::Test {
protected:
    void start(ReadAt read) {
        auto feed = Feed::start(bytes_.size(), std::move(read));
        ASSERT_TRUE(feed);
        feed_.emplace(std::move(*feed));
        EXPECT_EQ(Reader(read_exactly(end(), 8).value()).u64(), bytes_.size());
    }
    void start() {
        start([this](std::uint64_t offset, char* buffer, std::size_t size) -> Result<std::size_t> {
            if (offset >= bytes_.size()) return 0;
            const auto part = std::string_view(bytes_).substr(offset, size);
            std::memcpy(buffer, part.data(), part.size());
            return part.size();
        });
    }
    int end() const { return feed_->worker_end(); }
    void ask(std::uint64_t offset, std::uint32_t size) const {
        std::string request;
        Writer(request).u64(offset);
        Writer(request).u32(size);
        ASSERT_TRUE(write_all(end(), request));
    }
    std::string answer() const {
        const auto length = Reader(read_exactly(end(), 4).value()).u32();
        return length == ~std::uint32_t(0) ? "cannot" : read_exactly(end(), length).value();
    }

    std::string bytes_ = random_bytes(3 << 20);
    std::optional<Feed> feed_;
};

TEST_F(FeedTest, gives_bytes_from_every_place) {
    start();
    for (const std::uint64_t offset : {0u, 1u, 1u << 20, (3u << 20) - 5}) {
        ask(offset, 1000);
        EXPECT_EQ(answer(), bytes_.substr(offset, 1000));
    }
}

TEST_F(FeedTest, whatever_is_asked_the_answer_is_bounded) {
    start();
    ask(0, ~std::uint32_t(0));
    EXPECT_EQ(answer(), bytes_.substr(0, 1 << 20));
    ask(~std::uint64_t(0), 10);
    EXPECT_EQ(answer(), "");
    ask(5, 0);
    EXPECT_EQ(answer(), "");
}

TEST_F(FeedTest, a_failure_is_told_and_not_the_end) {
    start([](std::uint64_t, char*, std::size_t) -> Result<std::size_t> {
        return fail(Errc::io, "broken");
    });
    ask(0, 10);
    EXPECT_EQ(answer(), "cannot");
}

TEST_F(FeedTest, ends_in_the_middle_of_anything) {
    start();
    ask(0, 1 << 20);  // the answer does not fit into the socket, and nobody reads it
    feed_.reset();
    start();
    ASSERT_TRUE(write_all(end(), "half"));
    feed_.reset();
}

}  // namespace
}  // namespace letopis::workers
