#pragma once

#include "simulator/checks/checker.h"

/// One maker for each rule; checkers.cc lists them.
namespace flotilla::sim {

std::unique_ptr<Checker> make_bootable_image();
std::unique_ptr<Checker> make_device_order();
std::unique_ptr<Checker> make_durable_speech();
std::unique_ptr<Checker> make_durable_state();
std::unique_ptr<Checker> make_revoked_image();
std::unique_ptr<Checker> make_trial_recorded();
std::unique_ptr<Checker> make_truth();
std::unique_ptr<Checker> make_wave_cap();
std::unique_ptr<Checker> make_applied_once();
std::unique_ptr<Checker> make_audit_trail();
std::unique_ptr<Checker> make_message_budget();
std::unique_ptr<Checker> make_convergence();
std::unique_ptr<Checker> make_expectations();

}  // namespace flotilla::sim
