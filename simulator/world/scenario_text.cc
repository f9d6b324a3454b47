#include "simulator/world/scenario_text.h"

namespace flotilla::sim {
namespace {

/// In the largest unit that says it exactly.
std::string span(Duration value) {
  struct Unit {
    int64_t ms;
    const char* name;
  };
  for (const Unit& unit : {Unit{86'400'000, "d"}, Unit{3'600'000, "h"}, Unit{60'000, "m"},
                           Unit{1000, "s"}, Unit{1, "ms"}}) {
    if (value.ms % unit.ms == 0 && value.ms != 0)
      return std::to_string(value.ms / unit.ms) + unit.name;
  }
  return "0s";
}

std::string words(const Words& value) {
  std::string out;
  for (const std::string& word : value.plain) out += " " + word;
  for (const auto& [name, word] : value.named) out += " " + name + "=" + word;
  return out;
}

class SettingLines {
 public:
  explicit SettingLines(const Settings& values) : values_(values) {}

  std::string text() {
    number("devices", values_.devices);
    time("duration", values_.duration, Duration{-1});
    if (values_.classes != standard_.classes) {
      std::string names;
      for (const std::string& name : values_.classes) names += (names.empty() ? "" : ",") + name;
      line("classes", names);
    }
    if (values_.image != standard_.image) number("image", values_.image);
    if (values_.change_percent != standard_.change_percent)
      number("change", values_.change_percent);
    if (values_.slot != standard_.slot) number("slot", values_.slot);
    if (values_.chunk_max != standard_.chunk_max) number("chunk", values_.chunk_max);
    if (values_.erase_unit != standard_.erase_unit) number("erase", values_.erase_unit);
    time("health", values_.health, standard_.health);
    time("keep_alive", values_.keep_alive, standard_.keep_alive);
    time("latency", values_.latency, standard_.latency);
    time("jitter", values_.jitter, standard_.jitter);
    if (values_.bandwidth != standard_.bandwidth) number("bandwidth", values_.bandwidth);
    if (values_.drift_ppm != standard_.drift_ppm) number("drift", values_.drift_ppm);
    if (values_.reconnect_window_s != standard_.reconnect_window_s) {
      number("reconnect_window", values_.reconnect_window_s);
    }
    if (values_.real_digests) line("digests", "real");
    return out_;
  }

 private:
  void line(const std::string& name, const std::string& value) {
    out_ += "set " + name + " " + value + "\n";
  }
  void number(const std::string& name, uint64_t value) { line(name, std::to_string(value)); }
  void time(const std::string& name, Duration value, Duration standard) {
    if (value.ms != standard.ms) line(name, span(value));
  }

  const Settings& values_;
  const Settings standard_;
  std::string out_;
};

}  // namespace

std::string as_file(const Scenario& scenario) {
  std::string out = "title " + scenario.title + "\n";
  if (!scenario.shows.empty()) out += "shows " + scenario.shows + "\n";
  if (!scenario.holds.empty()) out += "holds " + scenario.holds + "\n";
  out += "\n" + SettingLines(scenario.settings).text() + "\n";
  for (const Step& step : scenario.steps) out += "at " + span(step.at) + words(step.words) + "\n";
  for (const Spell& spell : scenario.spells) {
    out += "during " + span(spell.from) + " " + span(spell.to) + words(spell.words) + "\n";
  }
  for (const Words& expect : scenario.expects) out += "expect" + words(expect) + "\n";
  return out;
}

}  // namespace flotilla::sim
