// SPDX-License-Identifier: AGPL-3.0-or-later
#include "capture/chat/chat.hpp"

#include <gtest/gtest.h>

namespace letopis::capture::chat {
namespace {

Zone with_summer_time() {  // winter +1 h, summer +2 h from 1000000 to 2000000
    return {.name = "Test/Zone",
            .offsets = {{-5000000, 3600}, {1000000, 7200}, {2000000, 3600}},
            .assumed = false};
}
std::int64_t local(const Zone& zone, std::int64_t unix_like) {
    const auto civil = rfc3339(from_unix(unix_like));
    const auto number = [&](std::size_t at, std::size_t size) {
        return std::stoi(civil.substr(at, size));
    };
    return to_unix(from_local(zone,
                              number(0, 4),
                              number(5, 2),
                              number(8, 2),
                              number(11, 2),
                              number(14, 2),
                              number(17, 2))
                       .value());
}

TEST(Zone, reads_fixed_offsets_in_the_forms_people_write) {
    EXPECT_EQ(fixed_zone("+03:00")->offsets[0].second, 3 * 3600);
    EXPECT_EQ(fixed_zone("-0530")->offsets[0].second, -(5 * 3600 + 1800));
    EXPECT_EQ(fixed_zone("+3")->name, "+03:00");
    EXPECT_EQ(fixed_zone("UTC")->offsets[0].second, 0);
    EXPECT_FALSE(fixed_zone("+25:00"));
    EXPECT_FALSE(fixed_zone("Europe/Moscow"));
    EXPECT_FALSE(fixed_zone("+"));
}

TEST(Zone, turns_local_time_into_moments_on_both_sides_of_a_change) {
    const auto zone = with_summer_time();

    EXPECT_EQ(local(zone, 900000 + 3600), 900000);
    EXPECT_EQ(local(zone, 1500000 + 7200), 1500000);
    EXPECT_EQ(local(zone, 2500000 + 3600), 2500000);
}

TEST(Zone, takes_the_earlier_of_a_time_that_happens_twice_and_moves_a_skipped_one_on) {
    const auto zone = with_summer_time();

    EXPECT_EQ(local(zone, 2000000 + 3600 + 10), 2000000 + 10 - 3600);
    EXPECT_EQ(local(zone, 1000000 + 3600 + 10), 1000000 + 10);
}

TEST(Zone, loads_a_named_zone_and_survives_the_trip_through_the_option) {
    const auto moscow = load_zone("Europe/Moscow");
    if (!moscow) GTEST_SKIP() << "no time zone database here";

    const auto again = zone_of_option(zone_option(*moscow));

    EXPECT_EQ(again.offsets, moscow->offsets);
    EXPECT_FALSE(again.assumed);
    EXPECT_EQ(from_local(again, 2012, 7, 1, 12, 0, 0), from_civil(2012, 7, 1, 8));  // +04:00 then
    EXPECT_EQ(from_local(again, 2024, 7, 1, 12, 0, 0), from_civil(2024, 7, 1, 9));  // +03:00 now
    EXPECT_EQ(from_local(again, 2009, 7, 1, 12, 0, 0), from_civil(2009, 7, 1, 8));  // summer time
    EXPECT_EQ(from_local(again, 2009, 1, 10, 12, 0, 0), from_civil(2009, 1, 10, 9));
}

TEST(Zone, refuses_names_that_lead_out_of_the_database) {
    EXPECT_FALSE(load_zone("../../etc/passwd"));
    EXPECT_FALSE(load_zone("/etc/passwd"));
    EXPECT_EQ(load_zone("Nowhere/Nothing").error().code, Errc::not_found);
}

TEST(Zone, an_unknown_or_damaged_option_is_utc_and_says_so) {
    for (const auto* option :
         {"", "Europe/Moscow", "X=[[1", "X=[[5,1],[4,1]]", "X=[[1,99999999]]"}) {
        const auto zone = zone_of_option(option);
        EXPECT_TRUE(zone.assumed) << option;
        EXPECT_EQ(zone.offsets.size(), 1u) << option;
    }
}

TEST(Zone, writes_facts_that_give_the_same_zone_again) {
    EXPECT_EQ(zone_facts(zone_of_option("+03:00")), R"("zone":"+03:00","offset_minutes":180)");
    EXPECT_EQ(zone_facts(zone_of_option("")),
              R"("zone":"UTC","zone_assumed":true,"offset_minutes":0)");
    EXPECT_EQ(
        zone_facts(with_summer_time()),
        R"("zone":"Test/Zone","zone_transitions":[[-5000000,3600],[1000000,7200],[2000000,3600]])");
    EXPECT_EQ(zone_of_facts("X", true, std::nullopt, {}).assumed, true);
    EXPECT_EQ(zone_of_facts("X", true, 180, {{0, 60}}).offsets[0].second, 60);
}

TEST(Text, becomes_valid_utf8_with_lf_line_ends) {
    bool repaired = false;

    EXPECT_EQ(clean("a\r\nb\rc\n", &repaired), "a\nb\nc\n");
    EXPECT_FALSE(repaired);
    EXPECT_EQ(clean("\xC0\xAF\xED\xA0\x80\xF5 я\xD1", &repaired),
              "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD я\uFFFD");
    EXPECT_TRUE(repaired);
    EXPECT_EQ(clean(std::string_view("a\0b", 3)),
              "a\uFFFD"
              "b");
    EXPECT_EQ(clean("🤓 счёт"), "🤓 счёт");
}

TEST(Text, is_written_as_a_json_literal) {
    EXPECT_EQ(json_string("a\"b\\c\n\xFF"), "\"a\\\"b\\\\c\\u000a\uFFFD\"");
}

TEST(Text, is_not_cut_inside_a_character) {
    EXPECT_EQ(prefix("счёт", 3), "с");
    EXPECT_EQ(prefix("abc", 10), "abc");
}

TEST(Path, cannot_lead_out_of_the_export) {
    EXPECT_EQ(safe_path("photos/a.jpg"), "photos/a.jpg");
    EXPECT_EQ(safe_path("photos\\./a.jpg"), "photos/a.jpg");
    for (const auto* path :
         {"../a", "photos/../../a", "/etc/passwd", "C:\\a", "\\\\host\\a", "", "a\nb"})
        EXPECT_EQ(safe_path(path), "") << path;
    EXPECT_EQ(base_name("files/счёт.pdf"), "счёт.pdf");
    EXPECT_EQ(media_type("IMG.JPG"), "image/jpeg");
    EXPECT_EQ(media_type("noextension"), "");
}

}  // namespace
}  // namespace letopis::capture::chat
