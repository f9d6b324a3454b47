#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/time.h"

namespace flotilla::sim {

/// Words of one line of a scenario: what stands alone, and what is "name=value".
struct Words {
  std::vector<std::string> plain;
  std::map<std::string, std::string> named;

  std::string at(size_t index) const { return index < plain.size() ? plain[index] : ""; }
  /// 20, 20%, 20ppm, 20K: the number; `otherwise` when it is not given.
  uint64_t number(const std::string& name, uint64_t otherwise) const;
  /// 500ms, 20s, 10m, 2h, 30d.
  Duration span(const std::string& name, Duration otherwise) const;
  std::string word(const std::string& name, const std::string& otherwise) const;
};

/// "at TIME VERB ...": done once.
struct Step {
  Duration at;
  Words words;
};

/// "during FROM TO FAULT ...": goes on for a while.
struct Spell {
  Duration from;
  Duration to;
  Words words;
};

struct Settings {
  uint32_t devices = 20;
  Duration duration = seconds(6 * 3600);
  std::vector<std::string> classes{"cam"};
  uint64_t image = 12 * 1024;    ///< bytes
  uint32_t change_percent = 10;  ///< of an image's bytes, from version to version
  uint64_t slot = 32 * 1024;
  uint32_t chunk_max = 2048;
  uint32_t erase_unit = 1024;
  Duration health = seconds(60);
  Duration keep_alive = seconds(60);
  Duration latency = milliseconds(20);
  Duration jitter = milliseconds(20);
  uint32_t bandwidth = 0;  ///< bytes a second, each way; 0: no limit
  uint32_t drift_ppm = 0;  ///< devices' clocks run up to this fast or slow
  uint32_t reconnect_window_s = 10;
  bool real_digests = false;
};

struct Scenario {
  std::string name;
  std::string title;
  std::string shows;
  std::string holds;
  Settings settings;
  std::vector<Step> steps;
  std::vector<Spell> spells;
  std::vector<Words> expects;
  /// When nothing disturbs any more.
  Duration calm_at() const;
};

/// Reads a scenario's text (docs/simulation.md). Empty, with a reason, when it is not one.
std::optional<Scenario> parse_scenario(const std::string& name, const std::string& text,
                                       std::string& why);

/// The scenarios that come with the program, by name.
const std::map<std::string, std::string>& known_scenarios();

std::optional<Duration> parse_span(const std::string& text);
std::optional<uint64_t> parse_number(const std::string& text);

}  // namespace flotilla::sim
