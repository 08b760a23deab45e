// SPDX-License-Identifier: AGPL-3.0-or-later
#include "spool/spool.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace letopis::spool {
namespace {

constexpr std::string_view id = "up-0011223344556677";

class SpoolTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = Path(testing::TempDir()) / ("spool-" + hex(random_bytes(8)));
        ASSERT_TRUE(make_directories(folder_));
        ASSERT_TRUE(crypto::create_key_file(folder_ / "key"));
        const std::vector<std::string> origins{"a/1"};
        auto made = crypto::Keyring::create(folder_ / "keys",
                                            {.key_file = folder_ / "key", .passphrase = {}},
                                            origins,
                                            from_unix(1'790'000'000));
        ASSERT_TRUE(made) << made.error().what;
        keyring_ = std::move(*made);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    Path path() const { return folder_ / id; }
    std::shared_ptr<File> made() {
        auto file = File::create(path(), *keyring_, "the name");
        EXPECT_TRUE(file) << file.error().what;
        return *file;
    }
    std::shared_ptr<File> opened() {
        auto file = File::open(path(), *keyring_);
        EXPECT_TRUE(file) << file.error().what;
        return file ? *file : nullptr;
    }
    static std::string all(const File& file, std::size_t step = 70'000) {
        auto reader = file.reader();
        EXPECT_TRUE(reader);
        std::string out, buffer(step, '\0');
        for (;;) {
            const auto got = (*reader)->read_at(out.size(), buffer.data(), buffer.size());
            EXPECT_TRUE(got) << got.error().what;
            if (!got || *got == 0) return out;
            out.append(buffer, 0, *got);
        }
    }
    std::string bytes() const { return read_file(path()).value(); }
    void put(std::string_view raw) const {
        std::ofstream(path(), std::ios::binary | std::ios::trunc)
            .write(raw.data(), static_cast<std::streamsize>(raw.size()));
    }

    Path folder_;
    std::unique_ptr<crypto::Keyring> keyring_;
};

TEST(SpoolFormat, opens_what_the_document_shows) {
    const auto key = crypto::Key::from(
        *unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    const auto part = *unhex(
        "150000006465666768696a6b6c6d6e6f707172737475767778797a7b57b1a5c54b77be0e2ee3a4ad9cc92fe139"
        "2a71f92753ec9258575c0ec157fe8bb3f13b7c28478df816f6e23c8457fad25bff9b66c287d30ba68e19a94279"
        "1a975c2fc52663");
    EXPECT_EQ(open_part(key, id, 262144, part).value(), "Добрый день");
    EXPECT_FALSE(open_part(key, id, 0, part)) << "a part was moved";
    EXPECT_FALSE(open_part(key, "up-0011223344556678", 262144, part)) << "of another file";
    EXPECT_FALSE(open_part(key, id, 262144, part.substr(0, part.size() - 1)));
    EXPECT_EQ(open_part(key, id, 5, seal_part(key, id, 5, "abc")).value(), "abc");
}

TEST_F(SpoolTest, gives_back_what_came_in_from_any_place) {
    auto file = made();
    std::string whole;
    for (const std::size_t size : {1u, 16383u, 16384u, 16385u, 262144u, 262143u, 7u}) {
        const auto piece = random_bytes(size);
        ASSERT_TRUE(file->append(piece));
        whole += piece;
    }
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(file->size(), whole.size());
    EXPECT_EQ(all(*file), whole);
    EXPECT_EQ(all(*file, 1 << 20), whole);
    const auto again = opened();
    EXPECT_EQ(again->head(), "the name");
    EXPECT_EQ(all(*again), whole);
    auto reader = again->reader();
    ASSERT_TRUE(reader);
    for (int i = 0; i < 200; ++i) {
        const auto at = static_cast<std::uint64_t>(i) * 7919 * 13 % whole.size();
        char buffer[100];
        const auto got = (*reader)->read_at(at, buffer, sizeof buffer);
        ASSERT_TRUE(got);
        ASSERT_GT(*got, 0u);
        EXPECT_EQ(std::string_view(buffer, *got), std::string_view(whole).substr(at, *got));
    }
    EXPECT_EQ((*reader)->read_at(whole.size(), whole.data(), 1).value(), 0u);
    EXPECT_EQ((*reader)->read_at(~std::uint64_t(0), whole.data(), 1).value(), 0u);
}

TEST_F(SpoolTest, goes_on_behind_every_cut) {
    auto file = made();
    const auto first = random_bytes(20'000), second = random_bytes(30'000);
    const auto head = bytes().size();
    ASSERT_TRUE(file->append(first));
    const auto middle = bytes().size();
    ASSERT_TRUE(file->append(second));
    const auto whole = bytes();
    for (auto cut = head; cut < whole.size(); cut += cut % 997 == 0 ? 1 : 331) {
        put(whole.substr(0, cut));
        const auto again = opened();
        ASSERT_NE(again, nullptr);
        const auto kept = cut < middle ? std::string() : first;
        ASSERT_EQ(all(*again), kept) << cut;
        ASSERT_TRUE(again->append(second));
        ASSERT_EQ(all(*again), kept + second) << cut;
        ASSERT_EQ(all(*opened()), kept + second) << cut;
    }
}

TEST_F(SpoolTest, a_part_that_the_disk_lost_ends_the_file) {
    auto file = made();
    const auto head = bytes().size();
    const auto piece = random_bytes(1000);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(file->append(piece));
    const auto whole = bytes();
    const auto part = (whole.size() - head) / 3;
    for (std::size_t at = 0; at < part; at += 97) {
        auto hurt = whole;
        hurt[head + part + at] = static_cast<char>(hurt[head + part + at] ^ 1);
        put(hurt);
        EXPECT_EQ(all(*opened()), piece) << at;
    }
    put(whole.substr(0, head + part) + std::string(part * 2, '\0'));
    EXPECT_EQ(all(*opened()), piece);
}

TEST_F(SpoolTest, another_name_or_head_does_not_open) {
    ASSERT_TRUE(made()->append("abc"));
    const auto whole = bytes();
    std::filesystem::copy_file(path(), folder_ / "up-ffffffffffffffff");
    EXPECT_EQ(File::open(folder_ / "up-ffffffffffffffff", *keyring_).error().code, Errc::corrupt);
    const auto head = std::size_t(94 + 56 + 8 + 16);
    for (std::size_t at = 0; at < head; ++at) {
        auto hurt = whole;
        hurt[at] = static_cast<char>(hurt[at] ^ 1);
        put(hurt);
        EXPECT_FALSE(File::open(path(), *keyring_)) << at;
    }
    put(whole.substr(0, 50));
    EXPECT_FALSE(File::open(path(), *keyring_));
}

TEST_F(SpoolTest, nothing_of_it_is_readable) {
    const std::string word = "карабулений";
    auto file = File::create(path(), *keyring_, word);
    ASSERT_TRUE(file);
    std::string text;
    while (text.size() < 100'000) text += word + " ";
    ASSERT_TRUE((*file)->append(text));
    EXPECT_EQ(bytes().find(word.substr(2, 8)), std::string::npos);
}

}  // namespace
}  // namespace letopis::spool
