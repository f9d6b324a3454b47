#include "controller/artifact/optimise/step.h"

#include <algorithm>

namespace flotilla::controller {

namespace {

constexpr uint32_t kWhole = 1'000'000;
constexpr size_t kMaxCommandName = 64;

constexpr const char* kForms =
    "give prune:SHARE (above 0 and below 1), quantise:int8, command:NAME[:ARGUMENTS] or "
    "compile:NAME[:ARGUMENTS]";

/// "0.25": digits, a point and at most six digits. Not the C library's reading, which depends on
/// the locale.
bool parse_share(std::string_view text, uint32_t& ppm) {
  if (!text.starts_with("0.") || text.size() < 3 || text.size() > 8) return false;
  uint32_t value = 0;
  uint32_t unit = kWhole;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return false;
    unit /= 10;
    value += unit * static_cast<uint32_t>(c - '0');
  }
  ppm = value;
  return value > 0;
}

std::string share_text(uint32_t ppm) {
  std::string digits = std::to_string(kWhole + ppm).substr(1);
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  return "0." + digits;
}

bool is_command_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxCommandName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

Status refuse(std::string_view text, const char* why, OptimiseFault& fault) {
  fault = {"step '" + std::string(text.substr(0, 96)) + "': " + why, kForms};
  return {Code::kInvalidArgument, "a step that is none"};
}

bool is_argument_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != 0x7F; });
}

}  // namespace

const char* step_kind_name(OptimiseStep::Kind kind) {
  switch (kind) {
    case OptimiseStep::Kind::kPrune:
      return "prune";
    case OptimiseStep::Kind::kQuantise:
      return "quantise";
    case OptimiseStep::Kind::kCommand:
      return "command";
    case OptimiseStep::Kind::kCompile:
      return "compile";
  }
  return "";
}

std::string step_text(const OptimiseStep& step) {
  const std::string kind = step_kind_name(step.kind);
  if (step.kind == OptimiseStep::Kind::kPrune) return kind + ":" + share_text(step.share_ppm);
  if (step.kind == OptimiseStep::Kind::kQuantise) return kind + ":int8";
  return kind + ":" + step.name + (step.arguments.empty() ? "" : ":" + step.arguments);
}

Status parse_step(std::string_view text, OptimiseStep& step, OptimiseFault& fault) {
  step = {};
  if (text.size() > kMaxStepText) return refuse(text, "longer than 1024 bytes", fault);
  const size_t colon = std::min(text.find(':'), text.size());
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = colon == text.size() ? "" : text.substr(colon + 1);
  if (kind == "prune") {
    if (!parse_share(rest, step.share_ppm)) {
      return refuse(text, "the share of weights must be as 0.5, with at most six digits", fault);
    }
    return ok_status();
  }
  if (kind == "quantise") {
    step.kind = OptimiseStep::Kind::kQuantise;
    return rest == "int8" ? ok_status() : refuse(text, "the only scheme is int8", fault);
  }
  if (kind != "command" && kind != "compile") return refuse(text, "no such step", fault);
  step.kind = kind == "command" ? OptimiseStep::Kind::kCommand : OptimiseStep::Kind::kCompile;
  const size_t second = std::min(rest.find(':'), rest.size());
  step.name = rest.substr(0, second);
  if (second != rest.size()) step.arguments = rest.substr(second + 1);
  if (!is_command_name(step.name))
    return refuse(text, "the name must be of a-z, 0-9, _ and -", fault);
  if (is_argument_text(step.arguments)) return ok_status();
  return refuse(text, "control characters among the arguments", fault);
}

}  // namespace flotilla::controller
