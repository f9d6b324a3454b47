#include "schemas/protocol/topics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "schemas/base/prng.h"

namespace flotilla {
namespace {

constexpr TransferId kTransfer = 0x00ABCDEF01234567;

std::string text(const Topic& topic) {
  return std::string(topic.view());
}

TEST(Topics, NamesAreThoseOfTheSpecification) {
  const Topics topics("plant");
  EXPECT_EQ(text(topics.class_directive("arm64", "pose")), "plant/v1/c/arm64/pose/dir");
  EXPECT_EQ(text(topics.keyset("arm64")), "plant/v1/c/arm64/keys");
  EXPECT_EQ(text(topics.offer("arm64", kTransfer)), "plant/v1/x/arm64/00abcdef01234567/m");
  EXPECT_EQ(text(topics.chunk("arm64", kTransfer, 33)), "plant/v1/x/arm64/00abcdef01234567/2/33");
  EXPECT_EQ(text(topics.group("arm64", kTransfer, 2)), "plant/v1/x/arm64/00abcdef01234567/2/+");
  EXPECT_EQ(text(topics.device_directive("cam-1")), "plant/v1/d/cam-1/cmd");
  EXPECT_EQ(text(topics.acknowledgement("cam-1")), "plant/v1/d/cam-1/ack");
  EXPECT_EQ(text(topics.state(0x0A5, "cam-1")), "plant/v1/u/0a5/cam-1/st");
  EXPECT_EQ(text(topics.health(1023, "cam-1")), "plant/v1/u/3ff/cam-1/hp");
  EXPECT_EQ(text(topics.all_states()), "plant/v1/u/+/+/st");
  EXPECT_EQ(text(topics.all_health()), "plant/v1/u/+/+/hp");
}

TEST(Topics, TheLongestNamesFitAndHaveAtMostSevenSlashes) {
  const Topics topics(std::string(15, 'p') + "/" + std::string(16, 'q'));
  const std::string name(kMaxName, 'n'), device(kMaxDeviceId, 'd');
  for (const Topic& topic :
       {topics.class_directive(name, name), topics.chunk(name, UINT64_MAX, kMaxChunks - 1),
        topics.group(name, UINT64_MAX, UINT32_MAX), topics.state(1023, device)}) {
    const std::string_view view = topic.view();
    EXPECT_LE(std::count(view.begin(), view.end(), '/'), 7) << view;
  }
}

void expect_same(const ParsedTopic& parsed, TopicKind kind, std::string_view hardware_class,
                 std::string_view model, std::string_view device) {
  EXPECT_EQ(parsed.kind, kind);
  EXPECT_EQ(parsed.hardware_class, hardware_class);
  EXPECT_EQ(parsed.model, model);
  EXPECT_EQ(parsed.device, device);
}

TEST(ParseTopic, ReadsWhatTopicsBuild) {
  for (const char* prefix : {"p", "plant/line-2"}) {
    const Topics topics(prefix);
    const auto parse = [&](const std::string& topic) { return parse_topic(topics, topic); };
    const std::string directive = text(topics.class_directive("arm64", "keys"));
    expect_same(parse(directive), TopicKind::kClassDirective, "arm64", "keys", "");
    const std::string keyset = text(topics.keyset("arm64"));
    expect_same(parse(keyset), TopicKind::kKeyset, "arm64", "", "");
    const std::string offer = text(topics.offer("arm64", kTransfer));
    expect_same(parse(offer), TopicKind::kOffer, "arm64", "", "");
    EXPECT_EQ(parse(offer).transfer, kTransfer);
    const std::string command = text(topics.device_directive("cam-1"));
    expect_same(parse(command), TopicKind::kDeviceDirective, "", "", "cam-1");
    const std::string ack = text(topics.acknowledgement("cam-1"));
    expect_same(parse(ack), TopicKind::kAcknowledgement, "", "", "cam-1");
    const std::string state = text(topics.state(0x3FF, "cam-1"));
    expect_same(parse(state), TopicKind::kState, "", "", "cam-1");
    EXPECT_EQ(parse(state).shard, 0x3FF);
    const std::string health = text(topics.health(0, "cam-1"));
    expect_same(parse(health), TopicKind::kHealth, "", "", "cam-1");
  }
}

TEST(ParseTopic, ReadsEveryChunkOfATransfer) {
  const Topics topics("p");
  for (uint32_t index = 0; index < kMaxChunks; index += 13) {
    const std::string topic = text(topics.chunk("arm64", kTransfer, index));
    const ParsedTopic parsed = parse_topic(topics, topic);
    EXPECT_EQ(parsed.kind, TopicKind::kChunk);
    EXPECT_EQ(parsed.chunk, index);
    EXPECT_EQ(parsed.transfer, kTransfer);
  }
}

TEST(ParseTopic, RefusesEverythingElse) {
  const Topics topics("p");
  for (const char* topic : {
           "",
           "/",
           "p",
           "p/",
           "p/v1",
           "p/v1/",
           "p/v1/c",
           "p/v2/c/arm64/keys",
           "q/v1/c/arm64/keys",
           "pp/v1/c/arm64/keys",
           "/p/v1/c/arm64/keys",
           "p/v1/c/arm64/keys/",
           "p/v1/c//keys",
           "p/v1/c/ARM64/keys",
           "p/v1/c/arm64/dir",
           "p/v1/c/arm64/pose/dir/x",
           "p/v1/c/a.b/keys",
           "p/v1/c/+/keys",
           "p/v1/c/#",
           "p/v1/z/arm64/keys",
           "p/v1/c/arm64/pose/DIR",
           "p/v1/x/arm64/00abcdef01234567",
           "p/v1/x/arm64/00abcdef01234567/n",
           "p/v1/x/arm64/00ABCDEF01234567/m",
           "p/v1/x/arm64/0abcdef01234567/m",
           "p/v1/x/arm64/00abcdef01234567/2/32x",
           "p/v1/x/arm64/00abcdef01234567/2/48",
           "p/v1/x/arm64/00abcdef01234567/2/31",
           "p/v1/x/arm64/00abcdef01234567/02/33",
           "p/v1/x/arm64/00abcdef01234567/2/033",
           "p/v1/x/arm64/00abcdef01234567/2/+33",
           "p/v1/x/arm64/00abcdef01234567/2/-1",
           "p/v1/x/arm64/00abcdef01234567/2/",
           "p/v1/x/arm64/00abcdef01234567/2/33/4",
           "p/v1/x/arm64/00abcdef01234567/0/4294967296",
           "p/v1/x/arm64/00abcdef01234567/268435455/4294967295",
           "p/v1/d/cam-1",
           "p/v1/d/cam-1/st",
           "p/v1/d/ca.m/cmd",
           "p/v1/d//cmd",
           "p/v1/u/0a5/cam-1",
           "p/v1/u/0a5/cam-1/xx",
           "p/v1/u/0A5/cam-1/st",
           "p/v1/u/a5/cam-1/st",
           "p/v1/u/00a5/cam-1/st",
           "p/v1/u/400/cam-1/st",
           "p/v1/u/-01/cam-1/st",
           "p/v1/u/0a5/cam-1/st/",
           "$SYS/broker/version",
       }) {
    EXPECT_EQ(parse_topic(topics, topic).kind, TopicKind::kUnknown) << topic;
  }
}

TEST(ParseTopic, RefusesZeroBytesAndOverlongNames) {
  const Topics topics("p");
  const std::string zero("p/v1/d/cam\0-1/cmd", 17);
  EXPECT_EQ(parse_topic(topics, zero).kind, TopicKind::kUnknown);
  const std::string device(kMaxDeviceId + 1, 'd');
  EXPECT_EQ(parse_topic(topics, "p/v1/d/" + device + "/cmd").kind, TopicKind::kUnknown);
  EXPECT_EQ(parse_topic(topics, std::string(70000, '/')).kind, TopicKind::kUnknown);
}

/// What the parsed parts would be built into.
std::string rebuild(const Topics& topics, const ParsedTopic& parsed) {
  switch (parsed.kind) {
    case TopicKind::kUnknown:
      return "";
    case TopicKind::kClassDirective:
      return text(topics.class_directive(parsed.hardware_class, parsed.model));
    case TopicKind::kKeyset:
      return text(topics.keyset(parsed.hardware_class));
    case TopicKind::kOffer:
      return text(topics.offer(parsed.hardware_class, parsed.transfer));
    case TopicKind::kChunk:
      return text(topics.chunk(parsed.hardware_class, parsed.transfer, parsed.chunk));
    case TopicKind::kDeviceDirective:
      return text(topics.device_directive(parsed.device));
    case TopicKind::kAcknowledgement:
      return text(topics.acknowledgement(parsed.device));
    case TopicKind::kState:
      return text(topics.state(parsed.shard, parsed.device));
    case TopicKind::kHealth:
      return text(topics.health(parsed.shard, parsed.device));
  }
  return "";
}

TEST(ParseTopic, AcceptsNothingThatTopicsWouldNotBuild) {
  const uint64_t seed = 20260401;
  SCOPED_TRACE(seed);
  Prng prng(seed);
  const Topics topics("p");
  const std::string parts[] = {
      text(topics.class_directive("arm64", "pose")), text(topics.keyset("arm64")),
      text(topics.offer("arm64", kTransfer)),        text(topics.chunk("arm64", kTransfer, 161)),
      text(topics.device_directive("cam-1")),        text(topics.state(0x1F, "cam-1"))};
  const std::string letters = "/09afzAG+#.-_ \x7F";
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string topic = parts[prng.below(std::size(parts))];
    for (uint32_t edits = 1 + prng.below(3); edits > 0; --edits) {
      const size_t at = prng.below(static_cast<uint32_t>(topic.size()));
      const char letter = letters[prng.below(static_cast<uint32_t>(letters.size()))];
      const uint32_t how = prng.below(3);
      if (how == 0) topic[at] = letter;
      if (how == 1) topic.insert(at, 1, letter);
      if (how == 2) topic.erase(at, 1);
    }
    const ParsedTopic parsed = parse_topic(topics, topic);
    if (parsed.kind == TopicKind::kUnknown) continue;
    ++accepted;
    EXPECT_EQ(rebuild(topics, parsed), topic);
  }
  EXPECT_GT(accepted, 1000);
}

TEST(Topics, PrefixesHaveOneOrTwoPlainLevels) {
  for (const char* prefix : {"p", "plant/line-2", "Werk_3"})
    EXPECT_TRUE(Topics::is_valid_prefix(prefix)) << prefix;
  for (const char* prefix : {"", "/p", "p/", "p//q", "p/q/r", "$share", "p/+", "#", "a b", "\x80"})
    EXPECT_FALSE(Topics::is_valid_prefix(prefix)) << prefix;
  EXPECT_FALSE(Topics::is_valid_prefix(std::string(kMaxTopicPrefix + 1, 'p')));
}

}  // namespace
}  // namespace flotilla
