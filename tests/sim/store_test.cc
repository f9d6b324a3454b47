#include <gtest/gtest.h>

#include "simulator/control/forgetful_store.h"

namespace flotilla::sim {
namespace {

std::string value(ForgetfulStore& store, const std::string& key) {
  const auto found = store.get(key);
  return found.ok() && found.value() ? *found.value() : "none";
}

TEST(SimStore, KeepsWhatItAcknowledged) {
  Trace trace;
  ForgetfulStore store(trace);
  ASSERT_TRUE(store.commit({{"a", "1"}, {"b", "2"}}).ok());
  ASSERT_TRUE(store.commit({{"a", std::nullopt}}).ok());
  store.crash();
  EXPECT_EQ(value(store, "a"), "none");
  EXPECT_EQ(value(store, "b"), "2");
}

TEST(SimStore, RefusesOrIsUnclear) {
  Trace trace;
  ForgetfulStore store(trace);
  store.fail_next(ForgetfulStore::Fault::kRefused);
  EXPECT_FALSE(store.commit({{"a", "1"}}).ok());
  EXPECT_EQ(value(store, "a"), "none");
  store.fail_next(ForgetfulStore::Fault::kUnclear);
  EXPECT_FALSE(store.commit({{"a", "1"}}).ok());
  EXPECT_EQ(value(store, "a"), "1");
}

TEST(SimStore, ALyingOneLosesTheNewest) {
  Trace trace;
  ForgetfulStore store(trace);
  ASSERT_TRUE(store.commit({{"a", "1"}}).ok());
  store.lie(true);
  ASSERT_TRUE(store.commit({{"a", "2"}, {"b", "2"}}).ok());
  EXPECT_EQ(value(store, "a"), "2");
  EXPECT_EQ(store.durable("a"), "1");
  EXPECT_EQ(store.durable("b"), std::nullopt);
  store.crash();
  EXPECT_EQ(value(store, "a"), "1");
  EXPECT_EQ(value(store, "b"), "none");
}

}  // namespace
}  // namespace flotilla::sim
