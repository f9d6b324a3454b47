#include "controller/api/body_reader.h"

#include <gtest/gtest.h>

#include "controller/api/message.h"

namespace flotilla::controller::api {
namespace {

std::string fault_of(const Json& body, const std::function<void(BodyReader&)>& read) {
  BodyReader reader(body);
  read(reader);
  const auto refusal = reader.finish();
  return refusal ? refusal->message + " / " + refusal->remedy : "";
}

TEST(BodyReader, NamesFieldValueAndRange) {
  const Json body = {{"soak", 70000}};
  EXPECT_EQ(fault_of(body, [](auto& r) { r.number("soak", 0, 60, 5); }),
            "soak is 70000 / soak must be a whole number from 0 to 60");
}

TEST(BodyReader, RefusesWrongTypes) {
  const auto wrong = [](const Json& value, auto read) {
    const Json body = {{"x", value}};
    return !fault_of(body, read).empty();
  };
  const auto number = [](auto& r) { r.number("x", 0, 100, 1); };
  for (const Json& value : {Json(-1), Json(1.5), Json("1"), Json(true), Json(1e300), Json({1})}) {
    EXPECT_TRUE(wrong(value, number)) << value;
  }
  EXPECT_TRUE(wrong(5, [](auto& r) { r.text("x", 10); }));
  EXPECT_TRUE(wrong("Big", [](auto& r) { r.name("x"); }));
  EXPECT_TRUE(wrong("abc", [](auto& r) { r.digest("x"); }));
  EXPECT_TRUE(wrong("yes", [](auto& r) { r.boolean("x", false); }));
  EXPECT_TRUE(wrong({{"a", 1}}, [](auto& r) { r.labels("x"); }));
  EXPECT_TRUE(wrong(Json::array(), [](auto& r) { r.array("x", 1, 3); }));
}

TEST(BodyReader, AMisspeltFieldIsNamed) {
  const Json body = {{"lable", "1.0"}};
  const std::string fault = fault_of(body, [](auto& r) { r.text("label", 10); });
  EXPECT_NE(fault.find("lable"), std::string::npos) << fault;
  EXPECT_NE(fault.find("label"), std::string::npos) << fault;
}

TEST(BodyReader, MissingFieldsAndOtherShapesAreRefused) {
  EXPECT_EQ(fault_of(Json::object(), [](auto& r) { r.name("model"); }),
            "model is missing / model must be given");
  EXPECT_NE(fault_of(Json::array(), [](auto& r) { r.name("model"); }), "");
  EXPECT_EQ(fault_of({{"x", nullptr}}, [](auto& r) { r.number("x", 1, 2, 1); }), "");
}

TEST(Json, DepthAndSizeAreLimitedBeforeParsing) {
  EXPECT_EQ(json_depth(R"({"a":[1,{"b":"]]]\"["}]})"), 3);
  Json out;
  EXPECT_FALSE(parse_json(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']'), out));
  EXPECT_TRUE(parse_json(std::string(100'000, '['), out));
  EXPECT_TRUE(parse_json(std::string(kMaxBody + 1, ' '), out));
  EXPECT_TRUE(parse_json("{", out));
  EXPECT_TRUE(parse_json("", out));
}

}  // namespace
}  // namespace flotilla::controller::api
