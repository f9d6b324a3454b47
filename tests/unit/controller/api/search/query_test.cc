#include "controller/api/search/query.h"

#include <gtest/gtest.h>

namespace flotilla::controller::api {
namespace {

using Record = std::map<std::string, std::vector<Json>>;

const Record kRecord = {{"class", {"orin"}}, {"dtype", {"int8"}},           {"f1", {0.92}},
                        {"size", {4096}},    {"tag", {"Safety", "hall 3"}}, {"golden", {true}},
                        {"none", {}}};

std::string no_fault(const std::string&) {
  return "";
}

bool finds(const std::string& text) {
  Query query;
  const auto refusal = Query::parse(text, no_fault, query);
  EXPECT_FALSE(refusal.has_value()) << text << ": " << refusal->message;
  return query.matches([](const std::string& field) {
    const auto found = kRecord.find(field);
    return found == kRecord.end() ? std::vector<Json>() : found->second;
  });
}

std::string fault(const std::string& text) {
  Query query;
  const auto refusal = Query::parse(text, no_fault, query);
  EXPECT_TRUE(refusal.has_value()) << text;
  return refusal ? refusal->message : "";
}

TEST(Query, ComparesNumbersAsNumbersAndTextAsText) {
  EXPECT_TRUE(finds("f1>0.9 and f1 < 1 and f1>=0.92 and f1<=9.2e-1"));
  EXPECT_FALSE(finds("f1>0.92"));
  EXPECT_TRUE(finds("size = 4096.0"));
  EXPECT_TRUE(finds("size > 900")) << "not as text";
  EXPECT_TRUE(finds("class=orin"));
  EXPECT_FALSE(finds("class=Orin")) << "case counts";
  EXPECT_TRUE(finds("class < p and class >= orin"));
  EXPECT_TRUE(finds("golden=true"));
  EXPECT_FALSE(finds("golden=false"));
}

TEST(Query, AnyOfSeveralValuesWillDo) {
  EXPECT_TRUE(finds("tag='hall 3'"));
  EXPECT_TRUE(finds("tag ~ SAFE"));
  EXPECT_FALSE(finds("tag != Safety"));
  EXPECT_TRUE(finds("tag != other"));
}

TEST(Query, WhatIsNotThereIsUnequal) {
  EXPECT_FALSE(finds("none = 1"));
  EXPECT_FALSE(finds("none < 1 or none >= 1 or none ~ ''"));
  EXPECT_TRUE(finds("none != 1"));
  EXPECT_TRUE(finds("not none = 1"));
}

TEST(Query, AndBindsTighterThanOr) {
  EXPECT_TRUE(finds("class=orin or class=x and class=y"));
  EXPECT_FALSE(finds("(class=orin or class=x) and class=y"));
  EXPECT_TRUE(finds("not class=x and not (class=y or class=z)"));
  EXPECT_TRUE(finds("NOT NOT class=orin AND dtype=int8"));
  EXPECT_TRUE(finds("")) << "everything";
  EXPECT_TRUE(finds("  \t"));
}

TEST(Query, QuotesHoldWhatWordsCannot) {
  EXPECT_TRUE(finds(R"(tag = "hall 3")"));
  EXPECT_TRUE(finds(R"(tag = "hall\ 3" and class != 'it\'s')"));
  EXPECT_TRUE(finds("class != 'and'"));
}

TEST(Query, FaultsNameThePosition) {
  EXPECT_EQ(fault("class"),
            "where, character 6: expected =, !=, <, <=, >, >= or ~ after 'class', not the end");
  EXPECT_EQ(fault("class = "), "where, character 9: expected a value, not the end");
  EXPECT_EQ(fault("class = orin )"),
            "where, character 14: expected 'and', 'or' or the end, not ')'");
  EXPECT_EQ(fault("(class = orin"),
            "where, character 14: expected ')' for the '(' at character 1, not the end");
  EXPECT_EQ(fault("class = 'orin"), "where, character 9: a quoted text that does not end");
  EXPECT_EQ(fault("class = a b = c"),
            "where, character 11: expected 'and', 'or' or the end, not 'b'");
  EXPECT_EQ(fault("= 3"), "where, character 1: expected a field, not '='");
  EXPECT_EQ(fault("a = 1 and"), "where, character 10: expected a field, not the end");
}

TEST(Query, UnknownFieldsAreNamed) {
  Query query;
  const auto refusal = Query::parse(
      "a=1 and speed>3", [](const std::string& f) { return f == "a" ? "" : "no " + f; }, query);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->message, "where, character 9: no speed");
}

TEST(Query, HostileExpressionsAreBounded) {
  EXPECT_NE(fault(std::string(40, '(') + "a=1").find("deeper than 32"), std::string::npos);
  std::string nots;
  for (int i = 0; i < 40; ++i) nots += "not ";
  EXPECT_NE(fault(nots + "a=1").find("deeper than 32"), std::string::npos);
  std::string many = "a=1";
  for (int i = 0; i < 64; ++i) many += " or a=1";
  EXPECT_NE(fault(many).find("64 comparisons"), std::string::npos);
  EXPECT_NE(fault(std::string(3000, 'a')).find("2048"), std::string::npos);
  EXPECT_NE(fault("a = \x01").find("expected a value"), std::string::npos);
}

}  // namespace
}  // namespace flotilla::controller::api
