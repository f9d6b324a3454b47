#pragma once

#include <string>
#include <vector>

#include "controller/api/json.h"
#include "controller/domain/records.h"

/// Whether a variant can run on the devices of its class, before anything is sent to them.
namespace flotilla::controller::api {

enum class FitVerdict : uint8_t {
  kFits,
  kUnknown,  ///< one of the two sides does not say
  kDoesNotFit,
};

struct FitCheck {
  const char* what;   ///< "slot", "ram", "runtime", "accelerator", "decoder memory"
  std::string needs;  ///< of the variant; empty: it does not say
  std::string has;    ///< of the class; empty: it does not say
  FitVerdict verdict = FitVerdict::kUnknown;
  const char* source = "";  ///< where the need is stated
};

/// Compares what the image measures, the version document's block of the class declares and the
/// variant's runtime requirement asks for with the class. `document`: null when there is none.
std::vector<FitCheck> check_fit(const Variant& variant, const Json& document,
                                const HardwareClass& definition);

/// The first check that does not fit, with both values; none: it fits, as far as is known.
std::optional<Refusal> refuse_misfit(const std::vector<FitCheck>& checks,
                                     const std::string& version, const std::string& hardware_class);

/// {"hardware_class","fits","checks":[{"check","needs","has","verdict","source"}]}
Json fit_json(const std::string& hardware_class, const std::vector<FitCheck>& checks);

/// Below, at or above 0 as a is older than, as old as or newer than b: "1.9" < "1.16". Parts that
/// are no numbers are compared as text.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace flotilla::controller::api
