#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

TEST(UploadApi, TellsWhatHasArrived) {
  ApiWorld world;
  world.expect(404, world.send("GET", "/api/v1/uploads/a"));
  world.uploads["a"] = {1000, 400};
  const auto progress = world.expect(200, world.send("GET", "/api/v1/uploads/a"));
  EXPECT_EQ(progress["size"], 1000);
  EXPECT_EQ(progress["offset"], 400);
}

TEST(UploadApi, ChecksIdAndNumbersBeforeTheBodyIsTaken) {
  ApiWorld world;
  for (const char* path :
       {"/api/v1/uploads/A?size=1&offset=0", "/api/v1/uploads/a?size=1",
        "/api/v1/uploads/a?offset=0", "/api/v1/uploads/a?size=0&offset=0",
        "/api/v1/uploads/a?size=99999999999999&offset=0", "/api/v1/uploads/a?size=1&offset=-1"}) {
    world.expect(400, world.send("PUT", path));
  }
}

}  // namespace
}  // namespace flotilla::testing
