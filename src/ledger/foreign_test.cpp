// SPDX-License-Identifier: AGPL-3.0-or-later
// Strangers must come to the same verdict: this writes logs, proofs and messages, and
// tests/foreign/run.py gives them to tools/verify.py and to the Go implementation, whole and
// mutated.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <random>

#include "ledger/ledger.hpp"

namespace letopis::ledger {
namespace {

constexpr std::size_t records = 1000;
constexpr std::size_t leaves_between = 7;  // leaves of others between two records
constexpr std::size_t heads[] = {1, 255, 256, 257, 3000, records* leaves_between};

struct Record {
    std::string message, descriptor, object, salt;
    std::array<std::uint8_t, entry_bytes> entry;
};

Record a_record(std::mt19937& random, std::size_t number) {
    Record record;
    record.message = "From: a@example.com\r\nSubject: " + std::to_string(number) + "\r\n\r\n";
    record.message += std::string(random() % 500, '\xd0') + "\n";
    record.descriptor = R"({"v":1,"kind":"mail","raw":{"size":)" +
                        std::to_string(record.message.size()) + R"(,"sha256":")" +
                        hex(crypto::sha256(record.message)) + R"("}})";
    if (number % 2 == 0) record.object = "sealed " + std::to_string(random());
    record.salt = random_bytes(salt_bytes);
    record.entry =
        encode({.type = static_cast<std::uint8_t>(1 + number % leaf_type_max),
                .commit = commitment(record.salt, record.descriptor),
                .object = record.object.empty() ? Digest{} : crypto::sha256(record.object)});
    return record;
}

void write(const Path& path, std::string_view bytes) {
    ASSERT_TRUE(write_file(path, bytes)) << path;
}

void write_record(const Path& folder, std::size_t number, const Record& record, std::string proof) {
    const auto name = std::to_string(number);
    write(folder / (name + ".eml"), record.message);
    write(folder / (name + ".json"), record.descriptor);
    write(folder / (name + ".tlog-proof"), proof);
    if (!record.object.empty()) write(folder / (name + ".object"), record.object);
}

// The same history with one leaf changed, signed with the same key: what a thief of the key makes.
void write_fork(LogOptions options, const Signer& signer, std::vector<Digest> leaves) {
    options.directory = options.directory.parent_path() / "fork";
    leaves[100][0] ^= 1;
    auto log = *Log::open(options);
    log->append(leaves);
    ASSERT_TRUE(log->publish(signer, from_unix(0)));
}

void write_export(const Path& folder) {
    std::mt19937 random(11);
    const auto origin = *origin_of("archive.example", LogKind::archive);
    const Signer signer{.name = origin.name, .seed = crypto::Key::random()};
    const LogOptions options{
        .directory = folder / "log", .origin = origin, .key = verifier(signer)};
    std::vector<Digest> leaves(records * leaves_between);
    std::vector<Record> all;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        leaves[i] = *as_digest(crypto::Key::random().bytes());
        if (i % leaves_between != 0) continue;
        all.push_back(a_record(random, i / leaves_between));
        leaves[i] = leaf_hash(as_bytes(all.back().entry));
    }
    ASSERT_TRUE(make_directories(folder / "records"));
    write(folder / "vkey", write_vkey(verifier(signer)));
    auto log = *Log::open(options);
    std::size_t next = 0;
    for (const auto size : heads) {  // the proofs of a record are those of the next head
        log->append(std::span(leaves).subspan(log->size(), size - log->size()));
        write(folder / ("head-" + std::to_string(size)), *log->publish(signer, from_unix(0)));
        const auto reader = *PublishedLog::open(options);
        for (; next < records && next * leaves_between < size; ++next) {
            const auto proof = reader.prove(next * leaves_between, all[next].salt);
            ASSERT_TRUE(proof);
            write_record(folder / "records", next, all[next], write_proof(*proof));
        }
    }
    write_fork(options, signer, leaves);
}

TEST(ForeignVerifiers, accept_1000_proofs_and_refuse_1000_mutated_ones) {
    if (std::system("python3 --version >/dev/null 2>&1 && openssl version >/dev/null 2>&1") != 0)
        GTEST_SKIP() << "python3 and openssl are needed";
    const Path folder = Path(testing::TempDir()) / ("foreign-" + hex(random_bytes(8)));
    write_export(folder);

    const auto command =
        std::string("python3 " LETOPIS_SOURCE_DIR
                    "/tests/foreign/run.py --build " LETOPIS_BINARY_DIR "/foreign ") +
        folder.string();
    const int status = std::system(command.c_str());

    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace letopis::ledger
