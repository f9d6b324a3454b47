#pragma once

#include <cstdint>
#include <utility>

#include "schemas/base/assert.h"
#include "schemas/base/reason_text.h"

namespace flotilla {

/// Canonical error codes, shared by every layer. The numbers are part of the wire contract
/// (state reports carry them), so they never change meaning; add at the end.
enum class Code : uint8_t {
  kOk = 0,
  kInvalidArgument = 1,     ///< The caller's or the sender's data breaks a rule that is fixed.
  kOutOfRange = 2,          ///< A number lies outside its limit.
  kNotFound = 3,            ///< The named thing does not exist here.
  kAlreadyExists = 4,       ///< The named thing exists and may not be replaced.
  kPermissionDenied = 5,    ///< Identity known, right missing.
  kUnauthenticated = 6,     ///< A signature, token or certificate did not verify.
  kFailedPrecondition = 7,  ///< The state does not allow it now; the message says which state.
  kResourceExhausted = 8,   ///< A bound was reached: memory, disk, queue, budget.
  kUnavailable = 9,         ///< Try again later; nothing was lost.
  kDataLoss = 10,           ///< Stored bytes are not what was written.
  kDeadlineExceeded = 11,   ///< Time ran out.
  kAborted = 12,            ///< Given up because something newer took its place.
  kUnimplemented = 13,      ///< A version or feature this build does not know.
  kInternal = 14,           ///< A broken promise of our own; always a defect.
};

/// Stable snake_case name of a code, for logs and JSON.
const char* code_name(Code code);

/// An outcome without a value: a code and a static reason. No allocation; the reason must be a
/// string literal, since it is never copied.
class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  constexpr Status(Code code, ReasonText reason) : reason_(reason), code_(code) {}

  constexpr bool ok() const { return code_ == Code::kOk; }
  constexpr Code code() const { return code_; }
  /// Never null; empty when ok, and in a build without texts.
  constexpr const char* reason() const { return reason_.get(); }

 private:
  [[no_unique_address]] ReasonText reason_;
  Code code_ = Code::kOk;
};

constexpr Status ok_status() {
  return Status();
}

/// A value or the Status that says why there is none. T must be default constructible and movable.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit by design
  Result(Status status) : status_(status) {      // NOLINT: implicit by design
    FLOTILLA_ASSERT(!status.ok());
  }

  bool ok() const { return status_.ok(); }
  Status status() const { return status_; }
  const T& value() const {
    FLOTILLA_ASSERT(ok());
    return value_;
  }
  T& value() {
    FLOTILLA_ASSERT(ok());
    return value_;
  }

 private:
  T value_{};
  Status status_;
};

}  // namespace flotilla

/// Returns from the enclosing function when `expr` is not ok.
#define FLOTILLA_TRY(expr)                                       \
  do {                                                           \
    ::flotilla::Status flotilla_try_status_ = (expr);            \
    if (!flotilla_try_status_.ok()) return flotilla_try_status_; \
  } while (false)
