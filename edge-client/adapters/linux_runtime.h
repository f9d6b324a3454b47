#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge-client/adapters/health_file.h"
#include "edge-client/adapters/model_folder.h"
#include "edge-client/adapters/process.h"
#include "edge-client/ports/model_runtime.h"
#include "schemas/base/ids.h"
#include "schemas/base/time.h"

namespace flotilla::edge {

/// How one model's application is tested, told and watched (docs/device.md, "Runtime contract").
struct RuntimeModel {
  Name name;
  ModelFolder folder{""};
  std::vector<std::string> self_test;  ///< empty: no hook
  Duration self_test_limit = seconds(120);
  std::vector<std::string> reload;  ///< empty: the application watches the link itself
  Duration reload_limit = seconds(60);
  std::string health_file;  ///< empty: the application says nothing
  Duration
      health_max_age{};  ///< a file that stays unchanged this long counts as absent; 0: no limit
};

/// ModelRuntime by programs and files: a self-test hook, the `active` symbolic link, a reload hook
/// and a health file. Hooks run beside the loop; poll() moves them on.
class LinuxRuntime final : public ModelRuntime {
 public:
  struct SelfTestResult {
    uint8_t model = 0;
    SelfTestOutcome outcome = SelfTestOutcome::kError;
    std::string output;
  };

  /// Models in the order of the device's configuration.
  explicit LinuxRuntime(std::vector<RuntimeModel> models);

  Status store_golden(uint8_t model, const Digest& digest, Bytes golden) override;
  Status start_self_test(uint8_t model, Slot slot, const Digest& image,
                         const Digest& golden) override;
  Status activate(uint8_t model, Slot slot, const Digest& image) override;
  Status reload(uint8_t model) override;
  HealthSample health(uint8_t model) override;

  void poll(MonoTime now);
  MonoTime next_deadline() const;
  /// The next finished self-test, once.
  std::optional<SelfTestResult> take_result();
  /// Descriptors that become readable when a hook prints or ends.
  void append_descriptors(std::vector<pollfd>& out) const;
  /// Kills every hook.
  void stop();

 private:
  struct Entry {
    explicit Entry(RuntimeModel configured)
        : config(std::move(configured)), health(config.health_file, config.health_max_age) {}
    RuntimeModel config;
    HealthFile health;
    ChildProcess self_test;
    ChildProcess reload;
    Slot active = Slot::kNone;
    Digest active_digest;
    std::optional<SelfTestResult> result;
  };

  std::vector<std::string> environment(const Entry& entry, Slot slot, const Digest& image) const;
  void conclude_self_test(uint8_t model, Entry& entry);
  void conclude_reload(Entry& entry);

  std::vector<std::unique_ptr<Entry>> entries_;
  MonoTime now_;
};

}  // namespace flotilla::edge
