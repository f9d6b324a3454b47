#include "simulator/checks/rules.h"

namespace flotilla::sim {

std::vector<std::unique_ptr<Checker>> make_checkers() {
  std::vector<std::unique_ptr<Checker>> out;
  out.push_back(make_bootable_image());
  out.push_back(make_device_order());
  out.push_back(make_durable_speech());
  out.push_back(make_durable_state());
  out.push_back(make_revoked_image());
  out.push_back(make_trial_recorded());
  out.push_back(make_truth());
  out.push_back(make_wave_cap());
  out.push_back(make_applied_once());
  out.push_back(make_audit_trail());
  out.push_back(make_message_budget());
  out.push_back(make_convergence());
  out.push_back(make_expectations());
  return out;
}

}  // namespace flotilla::sim
