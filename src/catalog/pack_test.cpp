// SPDX-License-Identifier: AGPL-3.0-or-later
#include "catalog/pack.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/files.hpp"
#include "catalog/packed_text.hpp"
#include "catalog/subject.hpp"

namespace letopis::catalog {
namespace {

Row full_row() {
    Row row;
    row.seq = 77;
    row.sort_ms = 1'780'000'000'123;
    row.channel = model::Channel::email;
    row.event = model::Event::service;
    row.context = 12;
    row.at_after_context = -5;
    row.sent_us = std::numeric_limits<std::int64_t>::min();
    row.received_us = row.sort_ms * 1000;
    row.edited_us = std::numeric_limits<std::int64_t>::max();
    row.zone_assumed = row.edited = row.deleted = row.raw_is_object = true;
    row.text_here = row.unparsed = row.answer = row.bare = true;
    row.raw_size = std::uint64_t(1) << 40;
    row.raw_sha256.fill(0xab);
    row.position = 1'000'000;
    row.slice = model::Slice{100, 200};
    row.native = native_key("5118");
    row.external = 4;
    row.content = std::string(16, 'c');
    row.parties = {{model::Role::from, 1, 2}, {model::Role::to, 3, 0}};
    row.attachment_count = 1;
    row.key = "suffix";
    row.key_after_id = true;
    row.folder = 1, row.flags = 2, row.member = 3;
    row.references = {5, 4, 900};
    row.in_reply_to = {900};
    row.reply_natives = {native_key("1"), "x"};
    row.reply_native_count = 1;
    row.list_id = 6, row.labels = 7, row.action = 8;
    row.thread_index = "index";
    row.target = "target";
    row.marks = {9, 10};
    row.mark_detail = "detail";
    row.zones = {{model::ZoneKind::quote, 10, 20}, {model::ZoneKind::signature, 5, 2}};
    row.reactions = {{"👍", 3}};
    row.attachments.resize(1);
    auto& a = row.attachments[0].attachment;
    a.name = "a.pdf", a.size = 5, a.locator = "1.2", a.content_id = "cid", a.missing = "why";
    a.sha256 = Digest{1, 2, 3};
    a.inline_ = a.encrypted = true;
    row.attachments[0].type = 11;
    return row;
}

TEST(Pack, gives_everything_back) {
    const auto row = full_row();
    std::string blob;
    pack(row, blob);

    Row back;
    back.seq = row.seq;
    back.sort_ms = row.sort_ms;
    ASSERT_TRUE(unpack(blob, Depth::full, back));

    std::string again;
    pack(back, again);
    EXPECT_EQ(again, blob);
    EXPECT_EQ(back.sent_us, row.sent_us);
    EXPECT_EQ(back.edited_us, row.edited_us);
    EXPECT_EQ(back.references, row.references);
    EXPECT_EQ(back.zones, row.zones);
    EXPECT_EQ(back.reactions, row.reactions);
    EXPECT_EQ(back.attachments[0].attachment, row.attachments[0].attachment);
    EXPECT_EQ(back.mark_detail, "detail");
    EXPECT_EQ(back.target, "target");
    EXPECT_TRUE(back.bare && back.answer && back.unparsed && back.text_here);
}

TEST(Pack, refuses_a_row_that_is_cut_or_too_long) {
    std::string blob;
    pack(full_row(), blob);
    for (std::size_t size = 0; size < blob.size(); ++size) {
        Row row;
        EXPECT_FALSE(unpack(std::string_view(blob).substr(0, size), Depth::full, row)) << size;
    }
    Row row;
    EXPECT_FALSE(unpack(blob + "x", Depth::full, row));
}

TEST(Pack, keeps_native_ids_apart_and_gives_them_back) {
    for (const std::string id : {"0",
                                 "5118",
                                 "00",
                                 "18446744073709551615",
                                 "18446744073709551616",
                                 "-1",
                                 "+1",
                                 "3EB0C7",
                                 "абв",
                                 "\xff\x01",
                                 "\xf7",
                                 "1a"}) {
        EXPECT_EQ(native_id(native_key(id)), id);
        EXPECT_FALSE(native_key(id).empty());
    }
    EXPECT_EQ(native_key("5118").size(), 3U);
    EXPECT_NE(native_key("\xf8\x01"), native_key("1"));
}

// What fuzz/catalog_fuzz.cpp says of any bytes, said of those that were found worth keeping.
TEST(Pack, and_subjects_hold_for_the_corpus) {
    const Path corpus = Path(LETOPIS_SOURCE_DIR) / "fuzz" / "corpus" / "catalog";
    const auto files = list_directory(corpus);
    ASSERT_TRUE(files);
    EXPECT_GE(files->size(), 5U);
    for (const auto& file : *files) {
        const auto input = read_file(corpus / file);
        ASSERT_TRUE(input);
        const auto base = base_subject(*input).base;
        EXPECT_EQ(base_subject(base).base, base) << file;
        EXPECT_EQ(fold(fold(*input)), fold(*input)) << file;
        EXPECT_EQ(native_id(native_key(*input)), *input) << file;
        Row row;
        (void)unpack(*input, Depth::full, row);
    }
    EXPECT_EQ(base_subject(*read_file(corpus / "prefixes")).base, "subject");
}

TEST(PackedText, gives_text_back_and_refuses_damage) {
    TextPacker packer;
    const std::string text(5000, 'x');
    const std::string packed(packer.pack(text));
    EXPECT_LT(packed.size(), 100U);
    EXPECT_EQ(*packer.unpack(packed), text);
    EXPECT_EQ(*packer.unpack(std::string(packer.pack(""))), "");
    EXPECT_EQ(*packer.unpack(std::string(packer.pack("коротко"))), "коротко");
    EXPECT_FALSE(packer.unpack(""));
    EXPECT_FALSE(packer.unpack(packed.substr(0, packed.size() - 3)));
    EXPECT_FALSE(packer.unpack("\x01garbage"));
}

}  // namespace
}  // namespace letopis::catalog
