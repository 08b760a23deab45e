// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/walk.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

namespace letopis::capture {
namespace {

class Tree : public testing::Test {
protected:
    void SetUp() override {
        std::string name =
            (std::filesystem::temp_directory_path() / "letopis_walk_XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        root_ = name;
        ASSERT_EQ(::chmod(name.c_str(), 0755), 0);
    }
    void TearDown() override { std::filesystem::remove_all(root_); }

    void put(const Path& relative, std::string_view bytes = "x") {
        std::filesystem::create_directories((root_ / relative).parent_path());
        ASSERT_TRUE(write_file(root_ / relative, bytes, 0644).has_value());
    }
    Walked run(const Path& below = {}) {
        inputs_.clear();
        order_.clear();
        refused_.clear();
        const auto walked = walk(
            below.empty() ? root_ : root_ / below,
            [this](Input input) {
                order_.push_back(input.relative);
                inputs_[input.relative] = std::move(input);
                return true;
            },
            [this](std::string item, std::string reason) { refused_[item] = reason; },
            now_);
        EXPECT_TRUE(walked.has_value());
        return walked.value_or(Walked{});
    }

    Path root_;
    Instant now_ = SystemClock().now();
    std::map<std::string, Input> inputs_;
    std::vector<std::string> order_;
    std::map<std::string, std::string> refused_;
};

using Names = std::vector<std::string>;

TEST_F(Tree, a_file_is_its_own_source) {
    put("mail.mbox");

    run("mail.mbox");

    ASSERT_EQ(order_, Names{"mail.mbox"});
    EXPECT_EQ(inputs_["mail.mbox"].kind, "file");
    EXPECT_EQ(inputs_["mail.mbox"].source_root, (root_ / "mail.mbox").string());
    EXPECT_EQ(inputs_["mail.mbox"].size, 1u);
}

TEST_F(Tree, nested_directories_come_in_the_order_of_their_names_files_first) {
    put("b.eml");
    put("a/2.eml");
    put("a/1.eml");
    put("c/d/e.eml");
    put("a/z/y.eml");

    const auto walked = run();

    EXPECT_EQ(order_, (Names{"b.eml", "a/1.eml", "a/2.eml", "a/z/y.eml", "c/d/e.eml"}));
    EXPECT_EQ(inputs_["c/d/e.eml"].folder, "c/d");
    EXPECT_EQ(walked.inputs, 5u);
}

TEST_F(Tree, a_maildir_gives_folders_flags_and_the_unchanging_part_of_the_name) {
    put("cur/1491941793.M41850P8566V0.mx1,S=10956,W=11000:2,STa");
    put("new/1035478339.27041_118.foo.org");
    put("cur/100.win;2,FP");
    put("cur/101.win!2,R");
    put(".&BBAEQARFBDgEMg-.2024/cur/7.host:2,S");
    put("dovecot-keywords", "0 $Junk\n1 $Forwarded\n");
    put("dovecot-uidlist", "x");
    put("subscriptions", "x");
    put(".uidvalidity", "x");
    put(".&BBAEQARFBDgEMg-.2024/maildirfolder");

    const auto walked = run();

    const auto& first = inputs_["cur/1491941793.M41850P8566V0.mx1,S=10956,W=11000:2,STa"];
    EXPECT_EQ(first.kind, "maildir_message");
    EXPECT_EQ(first.unique, "1491941793.M41850P8566V0.mx1");
    EXPECT_EQ(first.flags, "STa");
    EXPECT_EQ(first.keywords, Names{"$Junk"});
    EXPECT_EQ(first.folder, "INBOX");
    EXPECT_EQ(first.forced_format, "eml");
    EXPECT_EQ(first.source_root, root_.string());
    EXPECT_EQ(inputs_["new/1035478339.27041_118.foo.org"].flags, "");
    EXPECT_EQ(inputs_["cur/100.win;2,FP"].flags, "FP");
    EXPECT_EQ(inputs_["cur/100.win;2,FP"].unique, "100.win");
    EXPECT_EQ(inputs_["cur/101.win!2,R"].flags, "R");
    EXPECT_EQ(inputs_[".&BBAEQARFBDgEMg-.2024/cur/7.host:2,S"].folder, "Архив/2024");
    EXPECT_EQ(inputs_[".&BBAEQARFBDgEMg-.2024/cur/7.host:2,S"].source_root, root_.string());
    EXPECT_EQ(walked.inputs, 5u);
    EXPECT_EQ(walked.administrative, 5u);
    EXPECT_TRUE(refused_.empty());
}

TEST_F(Tree, a_delivery_in_progress_waits_and_an_abandoned_one_is_taken_with_a_mark) {
    put("cur/1.a:2,");
    put("tmp/2.b");

    EXPECT_EQ(run().in_delivery, 1u);
    EXPECT_EQ(order_, Names{"cur/1.a:2,"});

    now_ += std::chrono::hours(37);
    EXPECT_EQ(run().in_delivery, 0u);
    EXPECT_EQ(inputs_["tmp/2.b"].mark, "tmp");
}

TEST_F(Tree, media_of_a_telegram_export_belong_to_its_result_json) {
    put("result.json", "{}");
    put("photos/a.jpg");
    put("chats/chat_01/files/b.pdf");
    put("other/mail.eml");

    run();

    EXPECT_EQ(order_[0], "result.json");
    EXPECT_EQ(inputs_["result.json"].kind, "file");
    EXPECT_EQ(inputs_["photos/a.jpg"].kind, "media");
    EXPECT_EQ(inputs_["photos/a.jpg"].belongs_to, (root_ / "result.json").string());
    EXPECT_EQ(inputs_["chats/chat_01/files/b.pdf"].kind, "media");
    EXPECT_EQ(inputs_["other/mail.eml"].kind, "file");
}

TEST_F(Tree, media_of_a_whatsapp_export_belong_to_its_text_which_comes_first) {
    put("Чат WhatsApp с Иван.txt");
    put("IMG-20240323-WA0001.jpg");
    put("mail.mbox");

    run();

    EXPECT_EQ(order_[0], "Чат WhatsApp с Иван.txt");
    EXPECT_EQ(inputs_["IMG-20240323-WA0001.jpg"].kind, "media");
    EXPECT_EQ(inputs_["mail.mbox"].kind, "file");
}

TEST_F(Tree, empty_and_special_files_and_links_are_refused_with_a_reason) {
    put("empty.eml", "");
    put("real.eml");
    ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
    ASSERT_EQ(::symlink("real.eml", (root_ / "inside").c_str()), 0);
    ASSERT_EQ(::symlink("/etc", (root_ / "outside").c_str()), 0);
    ASSERT_EQ(::symlink("loop", (root_ / "loop").c_str()), 0);

    const auto walked = run();

    EXPECT_EQ(order_, Names{"real.eml"});
    EXPECT_EQ(refused_["empty.eml"], "empty file");
    EXPECT_EQ(refused_["pipe"], "a named pipe, not a file");
    EXPECT_EQ(refused_["inside"], "a symbolic link: its target is read under its own name");
    EXPECT_EQ(refused_["outside"], "a symbolic link to outside the given directory: not followed");
    EXPECT_EQ(refused_["loop"], "a symbolic link that leads nowhere");
    EXPECT_EQ(walked.refused, 5u);
}

TEST_F(Tree, what_may_not_be_read_is_refused_as_permission_denied) {
    put("secret.eml");
    put("closed/a.eml");
    ASSERT_EQ(::chmod((root_ / "secret.eml").c_str(), 0000), 0);
    ASSERT_EQ(::chmod((root_ / "closed").c_str(), 0000), 0);
    const bool root_user = ::geteuid() == 0;
    if (root_user) {
        ASSERT_EQ(::seteuid(65534), 0);
    }

    run();

    if (root_user) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    ::chmod((root_ / "closed").c_str(), 0755);
    EXPECT_EQ(refused_["secret.eml"], "permission denied");
    EXPECT_EQ(refused_["closed"], "permission denied");
}

TEST_F(Tree, a_path_that_is_not_there_is_an_error) {
    const auto walked = walk(
        root_ / "nothing", [](Input) { return true; }, [](std::string, std::string) {});
    ASSERT_FALSE(walked.has_value());
    EXPECT_EQ(walked.error().code, Errc::not_found);
}

TEST_F(Tree, a_directory_without_files_has_no_inputs) {
    const auto walked = run();
    EXPECT_EQ(walked.inputs, 0u);
    EXPECT_EQ(walked.refused, 0u);
}

TEST_F(Tree, the_importer_can_stop_the_walk) {
    put("a.eml");
    put("b.eml");
    int seen = 0;

    const auto walked = walk(
        root_,
        [&](Input) {
            ++seen;
            return false;
        },
        [](std::string, std::string) {});

    EXPECT_EQ(seen, 1);
    ASSERT_FALSE(walked.has_value());
    EXPECT_EQ(walked.error().code, Errc::cancelled);
}

TEST(Maildir, folder_names_in_modified_utf_7_are_decoded) {
    EXPECT_EQ(maildir_folder(".My Folder.Nested Folder"), "My Folder/Nested Folder");
    EXPECT_EQ(maildir_folder(".&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"), "Отправленные");
    EXPECT_EQ(maildir_folder(".A&-B"), "A&B");
    EXPECT_EQ(maildir_folder(".&2D3eAA-"), "😀");
    EXPECT_EQ(maildir_folder(".broken&BB"), "broken&BB");
    EXPECT_EQ(maildir_folder(".&!!!-"), "&!!!-");
    EXPECT_EQ(maildir_folder(".&2D0-"), "&2D0-");
}

TEST(Maildir, trailing_junk_in_the_flags_is_dropped) {
    const auto name = maildir_name("1035478339.27041_118.foo.org,S=1000,W=1030;2,RDF,");
    ASSERT_TRUE(name.has_value());
    EXPECT_EQ(name->unique, "1035478339.27041_118.foo.org");
    EXPECT_EQ(name->flags, "RDF");
    EXPECT_FALSE(maildir_name(".hidden").has_value());
}

}  // namespace
}  // namespace letopis::capture
