#pragma once

namespace flotilla {

/// A literal for people that goes with a code for programs. A build with FLOTILLA_NO_TEXTS leaves
/// it out: on a small processor a code alone comes back in a register, and the literals take no
/// flash.
class ReasonText {
 public:
  constexpr ReasonText() = default;
#ifdef FLOTILLA_NO_TEXTS
  constexpr ReasonText(const char*) {}  // NOLINT: implicit by design
  constexpr const char* get() const {
    return "";
  }
#else
  constexpr ReasonText(const char* text) : text_(text) {}  // NOLINT: implicit by design
  /// Never null.
  constexpr const char* get() const {
    return text_;
  }

 private:
  const char* text_ = "";
#endif
};

}  // namespace flotilla
