// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/files.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <thread>

#include "base/bytes.hpp"
#include "capture/source.hpp"
#include "capture/walk.hpp"

namespace letopis::capture {
namespace {

class Names final : public NamedFiles {
public:
    explicit Names(const std::vector<std::string>& names) {
        for (const auto& name : names)
            EXPECT_TRUE(add(name, {.mode = 0, .size = 3, .modified = {}}));
    }
    Result<std::unique_ptr<Readable>> open(const Path&) const override {
        return fail(Errc::io, "nothing to read here");
    }
};

TEST(NamedFiles, folders_follow_from_the_names) {
    const Names files({"b/2.eml", "b/1.eml", "a.mbox", "b/c/3.eml"});
    EXPECT_EQ(files.list("b").value(), (std::vector<std::string>{"1.eml", "2.eml", "c"}));
    EXPECT_EQ(files.list("").value(), (std::vector<std::string>{"a.mbox", "b"}));
    EXPECT_TRUE(S_ISDIR(files.status("b/c", false)->mode));
    EXPECT_TRUE(S_ISREG(files.status("b/c/3.eml", true)->mode));
    EXPECT_EQ(files.status("b/d", false).error().code, Errc::not_found);
    EXPECT_EQ(files.canonical("c").error().code, Errc::not_found);
    EXPECT_EQ(files.list("a.mbox").error().code, Errc::not_found);
}

TEST(NamedFiles, a_name_is_taken_once) {
    Names files({"a", "b/c"});
    EXPECT_EQ(files.add("a", {}).error().code, Errc::conflict);
    EXPECT_EQ(files.add("a/b", {}).error().code, Errc::conflict) << "a file is no folder";
    EXPECT_EQ(files.add("b", {}).error().code, Errc::conflict) << "a folder is no file";
}

TEST(NamedFiles, are_walked_as_a_disk_is) {
    const Names files({"Chat/result.json", "Chat/photos/1.jpg", "Chat/notes.mbox"});
    std::vector<std::string> seen;
    ASSERT_TRUE(walk(
        "Chat",
        [&](const Input& input) {
            seen.push_back(input.kind + " " + input.relative);
            return true;
        },
        [](const std::string& item, const std::string& reason) { FAIL() << item << reason; },
        Instant{},
        files));
    EXPECT_EQ(
        seen,
        (std::vector<std::string>{"file result.json", "file notes.mbox", "media photos/1.jpg"}));
}

TEST(FedSource, asks_for_what_it_reads) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const Fd ours(ends[0]), theirs(ends[1]);
    const std::string bytes = "0123456789";
    std::thread feed([&] {
        std::string hello;
        Writer(hello).u64(bytes.size());
        ASSERT_TRUE(write_all(ours.get(), hello));
        for (int i = 0; i < 3; ++i) {
            const auto asked = read_exactly(ours.get(), 12).value();
            Reader request(asked);
            const auto offset = request.u64();
            const auto part = offset >= bytes.size() ? "" : bytes.substr(offset, request.u32());
            std::string answer;
            Writer(answer).u32(static_cast<std::uint32_t>(part.size()));
            ASSERT_TRUE(write_all(ours.get(), answer + part));
        }
    });
    const auto source = source_of(theirs.get());
    EXPECT_TRUE(source->can_seek());
    EXPECT_EQ(source->size(), 10u);
    char buffer[8];
    EXPECT_EQ(source->read(buffer, 4).value(), 4u);
    EXPECT_EQ(std::string_view(buffer, 4), "0123");
    ASSERT_TRUE(source->seek(7));
    EXPECT_EQ(source->read(buffer, 8).value(), 3u);
    EXPECT_EQ(std::string_view(buffer, 3), "789");
    EXPECT_EQ(source->read(buffer, 8).value(), 0u);
    feed.join();
}

}  // namespace
}  // namespace letopis::capture
