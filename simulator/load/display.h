#pragma once

#include <string>

#include "simulator/load/report.h"

namespace flotilla::sim {

/// What a display shows.
struct View {
  std::string stage;
  double elapsed_s = 0;
  double limit_s = 0;
  uint64_t devices = 0;
  uint64_t enrolled = 0;
  uint64_t connected = 0;
  uint64_t acknowledged = 0;
  std::vector<std::pair<std::string, std::pair<uint64_t, uint64_t>>>
      rollouts;              ///< staged, confirmed
  uint64_t ended_badly = 0;  ///< reverted, rejected, failed
  std::string troubles;
  const Sample* now = nullptr;
  const Sample* before = nullptr;
};

/// "[#####.....]  50.0 %".
std::string bar(uint64_t part, uint64_t whole, size_t width);
/// The whole picture, a line each.
std::string picture(const View& view);
/// The same in one line.
std::string summary_line(const View& view);

/// Redraws a terminal in place twice a second; when standard output is none, writes a line every
/// few seconds and when something else begins.
class Display {
 public:
  explicit Display(bool plain);
  /// When it is time.
  void show(const View& view);
  /// Leaves the last picture where it is.
  void end(const View& view);
  /// A line that stays.
  void say(const std::string& line);

 private:
  void draw(const std::string& text);

  bool live_;
  int lines_ = 0;  ///< of the picture that is to be replaced
  double shown_s_ = -100;
  std::string stage_;
};

}  // namespace flotilla::sim
