// SPDX-License-Identifier: AGPL-3.0-or-later
#include "api/description.hpp"

#include <gmock/gmock.h>

#include "api/house.hpp"

namespace letopis::api {

TEST(Description, EveryRouteHasAShapeAndEveryShapeARoute) {
    const SystemClock clock;
    House house({}, clock);
    EXPECT_THAT(missing_in(house.table(), all_shapes()), testing::IsEmpty());
}

TEST(Description, SaysWhatIsMissing) {
    const auto route = std::make_shared<const Entry>(Entry{.path = "/new", .summary = "New"});
    shape::Part part;
    part.named = {{"Unused", shape::text()}, {"Problem", shape::text()}};
    part.shapes = {{http::Method::get, "/gone", {shape::ok(shape::ref("Missing"))}}};
    const auto missing = missing_in({route}, {part});
    using testing::HasSubstr;
    EXPECT_THAT(missing,
                testing::ElementsAre(HasSubstr("GET /new has no shape"),
                                     HasSubstr("GET /gone has a shape and is no route"),
                                     HasSubstr("there is no schema Missing"),
                                     HasSubstr("nothing uses the schema Unused")));
}

}  // namespace letopis::api
