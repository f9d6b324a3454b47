#include "controller/api/document/version_document.h"

#include <gtest/gtest.h>

#include <fstream>

#include "controller/api/document/json_schema.h"
#include "controller/api/document/text_patterns.h"

namespace flotilla::controller::api {
namespace {

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');

/// Message and remedy of the refusal; empty when there is none.
std::string refusal(const Json& document) {
  Json out;
  const auto found = read_document(document.dump(), out);
  if (!found) return "";
  EXPECT_NE(found->remedy.find("--template"), std::string::npos);
  return found->message;
}

void expect_refused(const Json& document, const std::string& text) {
  const std::string told = refusal(document);
  EXPECT_NE(told.find(text), std::string::npos) << told;
}

TEST(DocumentSchema, UsesOnlyWhatIsChecked) {
  const Json schema = Json::parse(document_schema_text());
  EXPECT_EQ(JsonSchema(schema).unknown(), std::vector<std::string>());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

TEST(DocumentSchema, SaysWhatItDoesNotKnow) {
  const Json schema = {{"properties", {{"a", {{"pattern", "^x$"}, {"maxProperties", 1}}}}}};
  EXPECT_EQ(JsonSchema(schema).unknown(), (std::vector<std::string>{"maxProperties", "^x$"}));
}

void expect_described(const Json& rules, const std::string& path) {
  EXPECT_TRUE(rules.contains("description") || rules.contains("$ref")) << path;
  const Json properties = rules.value("properties", Json::object());
  for (const auto& [name, inner] : properties.items()) expect_described(inner, path + "." + name);
  if (rules.contains("items")) expect_described(rules["items"], path + "[]");
}

TEST(DocumentSchema, EveryMemberSaysWhatItIs) {
  const Json schema = Json::parse(document_schema_text());
  expect_described(schema, "");
  for (const auto& [name, inner] : schema["$defs"].items()) expect_described(inner, name);
}

TEST(VersionDocument, TheTemplateHasEveryBlockAndIsNearlyValid) {
  Json document = Json::parse(document_template());
  for (const char* block : {"identity", "task", "training", "hyperparameters", "evaluation",
                            "optimisation", "variants", "monitoring", "risk", "trust"}) {
    EXPECT_TRUE(document.contains(block)) << block;
  }
  EXPECT_EQ(document["format_version"], 1);
  EXPECT_EQ(document["variants"][0]["measured"]["latency_p95"]["evidence"], "declared");
  // What is left is what nobody but the author can know.
  expect_refused(document, "is missing, it must be given");
  EXPECT_EQ(refusal({{"identity", document["identity"]}, {"risk", document["risk"]}}), "");
}

TEST(VersionDocument, WhatIsUnknownIsKept) {
  EXPECT_EQ(refusal(Json::object()), "");
  EXPECT_EQ(refusal({{"dataset", "hall"}, {"task", {{"our_own", 3}}}}), "");
  EXPECT_EQ(refusal({{"identity", nullptr}, {"evaluation", nullptr}}), "");
}

TEST(VersionDocument, FaultsNameThePathAndWhatIsAllowed) {
  Json out;
  EXPECT_EQ(read_document("{", out)->message, "the document is not valid JSON");
  EXPECT_NE(read_document(std::string(64, '[') + std::string(64, ']'), out)
                ->message.find("deeper than 32"),
            std::string::npos);
  expect_refused(Json::array(), "document is [], it must be an object");
  expect_refused({{"format_version", 2}}, "document.format_version is 2, it must be 1");
  expect_refused({{"training", {{"seed", "x"}}}},
                 "document.training.seed is \"x\", it must be an integer: of its random numbers");
  expect_refused({{"training", {{"container_digest", "abc"}}}},
                 "document.training.container_digest");
  expect_refused({{"identity", {{"created", "yesterday"}}}}, "RFC 3339");
  expect_refused({{"evaluation", {{{"name", "f1"}}}}},
                 "document.evaluation[0].value is missing, it must be given: the figure");
  expect_refused({{"risk", {{"safety_risk", "some"}}}},
                 "it must be one of \"serious\", \"high\", \"medium\", \"low\"");
  expect_refused({{"variants", {{{"hardware_class", "Cam"}}}}}, "1 to 32 of a-z");
  expect_refused({{"variants", {{{"hardware_class", "cam"}, {"weights", {{"sparsity", 1.5}}}}}}},
                 "a number from 0 to 1");
  expect_refused({{"identity", {{"title", std::string(257, 'x')}}}}, "at most 256 bytes");
  expect_refused({{"identity", {{"tags", Json(std::vector<int>(65, 1))}}}}, "at most 64 elements");
  const Json measured = {{"value", 3}, {"method", "timer"}, {"evidence", "attested"}};
  expect_refused(
      {{"variants", {{{"hardware_class", "cam"}, {"measured", {{"latency_p50", measured}}}}}}},
      "only a device attests");
  expect_refused({{"evaluation", Json(std::vector<int>(40, 1))}}, "; and 13 more at least");
}

TEST(VersionDocument, TheExampleOfThePageIsValid) {
  std::ifstream file(FLOTILLA_SOURCE_DIR "/docs/metadata.md");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const size_t start = page.find("```json\n") + 8;
  const std::string example = page.substr(start, page.find("```", start) - start);
  Json out;
  const auto wrong = read_document(example, out);
  EXPECT_FALSE(wrong.has_value()) << wrong->message;
  EXPECT_EQ(out["variants"][0]["hardware_class"], "cam-npu");
}

TEST(VersionDocument, IntervalsHoldTheirValue) {
  const auto with = [](double low, double high) {
    return Json{
        {"evaluation", {{{"name", "f1"}, {"value", 0.9}, {"ci_low", low}, {"ci_high", high}}}}};
  };
  EXPECT_EQ(refusal(with(0.8, 0.95)), "");
  expect_refused(with(0.91, 0.95), "document.evaluation[0]: its value 0.9 lies outside");
}

TEST(VersionDocument, AChainIsUnbroken) {
  const auto step = [](const std::string& from, const std::string& to) {
    return Json{{"op", "prune"}, {"tool", "t"}, {"input_digest", from}, {"output_digest", to}};
  };
  EXPECT_EQ(refusal({{"optimisation", {step(kOther, kDigest), step("sha256:" + kDigest, kOther)}}}),
            "");
  expect_refused({{"optimisation", {step(kOther, kDigest), step(kOther, kDigest)}}},
                 "document.optimisation[1] reads " + kOther);
  Json variant = {{"hardware_class", "cam"},
                  {"files", Json::array({Json{{"digest", kDigest}}})},
                  {"optimisation", Json::array({step(kDigest, kOther)})}};
  expect_refused({{"variants", Json::array({variant})}}, "ends with " + kOther);
  variant["optimisation"] = Json::array({step(kOther, kDigest)});
  EXPECT_EQ(refusal({{"variants", Json::array({variant})}}), "");
  expect_refused({{"variants", {variant, variant}}}, "a second time");
}

TEST(TextPatterns, Instants) {
  constexpr const char* kInstant =
      "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$";
  EXPECT_TRUE(fits_pattern(kInstant, "2026-05-01T12:00:00Z"));
  EXPECT_TRUE(fits_pattern(kInstant, "2026-05-01T12:00:00.123Z"));
  for (const char* bad : {"2026-05-01", "2026-05-01T12:00:00", "2026-05-01T12:00:00.Z",
                          "2026-05-01 12:00:00Z", "2026-05-01T12:00:00.1xZ", "Z"}) {
    EXPECT_FALSE(fits_pattern(kInstant, bad)) << bad;
  }
  EXPECT_FALSE(fits_pattern("^x$", "x")) << "not a known pattern";
}

}  // namespace
}  // namespace flotilla::controller::api
