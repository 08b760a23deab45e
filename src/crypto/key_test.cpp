// SPDX-License-Identifier: AGPL-3.0-or-later
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <unordered_set>

#include "base/files.hpp"
#include "crypto/crypto.hpp"
#include "crypto/secret_internal.hpp"

namespace letopis::crypto {
namespace {

TEST(Key, is_different_each_time) {
    std::unordered_set<std::string> seen;
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(seen.insert(std::string(Key::random().bytes())).second);
}

TEST(Key, is_wiped_when_its_last_handle_goes) {
    const unsigned char* where = nullptr;
    {
        const auto key = Key::from(std::string(32, '\xaa'));
        const auto copy = key;
        where = reinterpret_cast<const unsigned char*>(copy.bytes().data());
        EXPECT_EQ(where, reinterpret_cast<const unsigned char*>(key.bytes().data()));
        EXPECT_EQ(where[31], 0xaa);
    }
    // The arena never gives a block back, so the place can still be looked at.
    EXPECT_TRUE(std::all_of(where, where + 32, [](unsigned char byte) { return byte == 0; }));
}

TEST(Key, exists_a_hundred_thousand_times_even_where_no_page_may_be_locked) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_MEMLOCK, &none);
        std::vector<Key> keys;
        for (int i = 0; i < 100'000; ++i) keys.push_back(Key::random());
        const bool right = keys.front().bytes() != keys.back().bytes();
        ::_exit(right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

// AddressSanitizer makes mlock do nothing; a user may have less to lock than one block of keys.
bool may_lock() {
#ifdef __SANITIZE_ADDRESS__
    return false;
#else
    rlimit limit{};
    return ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= (1u << 20);
#endif
}

TEST(Key, lies_in_pages_that_are_locked_and_kept_out_of_core_dumps) {
    const auto key = Key::random();
    const auto at = reinterpret_cast<std::uintptr_t>(key.bytes().data());
    const auto maps = read_file("/proc/self/smaps");
    if (!maps) GTEST_SKIP() << "no /proc/self/smaps here";
    bool inside = false, checked = false;
    std::size_t from = 0;
    while (from < maps->size()) {
        const auto end = std::min(maps->find('\n', from), maps->size());
        const auto line = maps->substr(from, end - from);
        from = end + 1;
        std::uintptr_t low = 0, high = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &low, &high) == 2)
            inside = at >= low && at < high;
        if (!inside || !line.starts_with("VmFlags:")) continue;
        checked = true;
        EXPECT_NE(line.find(" dd"), std::string::npos) << line;  // MADV_DONTDUMP
        if (may_lock()) {
            EXPECT_NE(line.find(" lo"), std::string::npos) << line;
        }
    }
    if (!checked) GTEST_SKIP() << "this kernel does not tell the flags of a mapping";
}

TEST(Key, is_made_and_dropped_by_many_threads_at_once) {
    std::vector<std::jthread> threads;
    std::atomic<int> wrong = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&wrong, t] {
            const std::string mine(32, static_cast<char>('a' + t));
            for (int i = 0; i < 5000; ++i) {
                const auto key = Key::from(mine);
                if (key.bytes() != mine) ++wrong;
            }
        });
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

// The reference: argon2id, version 0x13, m=64 MiB, t=3, p=1, by libargon2 20171227.
TEST(Passphrase, gives_the_key_that_libargon2_gives) {
    const auto key = key_from_passphrase("correct horse battery staple", "0123456789abcdef");
    ASSERT_TRUE(key);
    EXPECT_EQ(hex(key->bytes()),
              "94c86f541abdb3d9aabfea59aa03963549483e9c0b1a79336e76b54cee6c917e");
    const auto cheap =
        key_from_passphrase("пароль", "0123456789abcdef", {.memory_kib = 1024, .passes = 1});
    ASSERT_TRUE(cheap);
    EXPECT_EQ(hex(cheap->bytes()),
              "44044138704b3ac542b391bd0c97a5728971bf2b4ed1b05c2a9263b96de06631");
}

TEST(Passphrase, refuses_what_has_no_sense) {
    const PassphraseCost cheap{.memory_kib = 64, .passes = 1};
    const std::string salt(16, 's');
    EXPECT_EQ(key_from_passphrase("", salt, cheap).error().code, Errc::invalid);
    EXPECT_EQ(key_from_passphrase("word", "short", cheap).error().code, Errc::invalid);
    EXPECT_EQ(key_from_passphrase("word", salt, {.memory_kib = 7, .passes = 1}).error().code,
              Errc::unsupported);
    EXPECT_EQ(
        key_from_passphrase("word", salt, {.memory_kib = 0xffffffff, .passes = 1}).error().code,
        Errc::unsupported);
    EXPECT_EQ(key_from_passphrase("word", salt, {.memory_kib = 64, .passes = 0}).error().code,
              Errc::unsupported);
    EXPECT_EQ(key_from_passphrase("word", salt, {.memory_kib = 64, .passes = 33}).error().code,
              Errc::unsupported);
}

TEST(Process, leaves_no_core_dump_once_hardened) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        harden_process();
        rlimit limit{};
        const bool right = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                           ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0;
        ::_exit(right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace letopis::crypto
