#include "controller/app/inspection_desk.h"

#include <gtest/gtest.h>

#include <thread>

#include "controller/api/json.h"
#include "tests/support/controller_hasher.h"
#include "tests/support/model_files.h"
#include "tests/unit/controller/api/fake_artifacts.h"

namespace flotilla::controller::app {
namespace {

class InspectionDeskTest : public ::testing::Test {
 protected:
  api::InspectionState end_of(const Digest& image) {
    for (;;) {
      api::InspectionState state = desk_.ask(image);
      if (state.image != nullptr || !state.failure.ok()) return state;
      std::this_thread::yield();
    }
  }

  flotilla::testing::TestHasher hasher_;
  flotilla::testing::FakeArtifacts artifacts_{hasher_};
  WorkerPool workers_{1, 4 * InspectionDesk::kMaxOrders};
  InspectionDesk desk_{{artifacts_, workers_}};
};

TEST_F(InspectionDeskTest, StoresWhatWasFound) {
  const Digest image = artifacts_.put(test::model_files()[1]);
  const auto state = end_of(image);
  ASSERT_NE(state.image, nullptr) << state.failure.reason();
  EXPECT_EQ(state.image->summary.format, "onnx");
  const std::string inventory = artifacts_.files.at(state.image->summary.inventory);
  EXPECT_EQ(api::Json::parse(inventory)["tensors"].size(), 2u);
  EXPECT_EQ(desk_.ask(image).image, state.image) << "remembered";
  artifacts_.files.erase(state.image->summary.inventory);
  const auto again = end_of(image);
  EXPECT_NE(again.image, state.image) << "it is looked for again";
  EXPECT_EQ(again.image->summary.inventory, state.image->summary.inventory);
  EXPECT_EQ(artifacts_.files.at(state.image->summary.inventory), inventory);
}

TEST_F(InspectionDeskTest, ARefusalIsAnAnswerToo) {
  const auto state = end_of(artifacts_.put("FLDT\x01\x02"));
  ASSERT_NE(state.image, nullptr);
  ASSERT_TRUE(state.image->fault.has_value());
  EXPECT_NE(state.image->fault->message.find("delta"), std::string::npos);
}

TEST_F(InspectionDeskTest, FailuresAreTold) {
  EXPECT_EQ(end_of(hasher_.of("gone")).failure.code(), Code::kNotFound);
  const Digest image = artifacts_.put(test::model_files()[0]);
  artifacts_.full = true;
  EXPECT_EQ(end_of(image).failure.code(), Code::kResourceExhausted);
}

TEST_F(InspectionDeskTest, AllVariantsOfAVersionAreRememberedTogether) {
  std::vector<Digest> images;
  for (size_t i = 0; i < InspectionDesk::kMaxOrders; ++i) {
    images.push_back(artifacts_.put("opaque\x01" + std::to_string(i)));
    ASSERT_NE(end_of(images.back()).image, nullptr);
  }
  for (const Digest& image : images) EXPECT_NE(desk_.ask(image).image, nullptr);
}

}  // namespace
}  // namespace flotilla::controller::app
