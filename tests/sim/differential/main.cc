#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "simulator/world/scenario.h"
#include "tests/sim/differential/model_side.h"
#include "tests/sim/differential/mosquitto_side.h"

/// The simulator's broker and a real Mosquitto are told the same, and must answer the same.
///   sim_broker_differential [--scripts N] [--seed N] [--verbose]
namespace flotilla::sim::differential {
namespace {

constexpr size_t kThreads = 8;        // they wait for sockets most of the time
constexpr uint64_t kRestartEach = 8;  // such scripts have a broker of their own
constexpr uint64_t kWaitEach = 40;    // such scripts take seconds
constexpr size_t kShown = 10;

struct Arguments {
  uint64_t scripts = 150;
  uint64_t seed = 1;
};

class Differential {
 public:
  explicit Differential(const Arguments& arguments) : arguments_(arguments), next_(arguments.seed) {
    root_ = std::filesystem::temp_directory_path() /
            ("flotilla-differential-" + std::to_string(::getpid()));
    std::filesystem::create_directories(root_ / "shared");
    shared_ = std::make_unique<testing::Mosquitto>(root_ / "shared",
                                                   mosquitto_settings(root_ / "shared", false));
  }
  ~Differential() {
    shared_.reset();
    std::filesystem::remove_all(root_);
  }

  bool run() {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
    std::printf("%llu scripts (%llu with restarts, %llu with waits), %llu steps, %llu disagree\n",
                static_cast<unsigned long long>(arguments_.scripts),
                static_cast<unsigned long long>(restarts_.load()),
                static_cast<unsigned long long>(waits_.load()),
                static_cast<unsigned long long>(steps_.load()),
                static_cast<unsigned long long>(disagreements_.load()));
    return disagreements_ == 0;
  }

 private:
  void work() {
    for (uint64_t seed = next_++; seed < arguments_.seed + arguments_.scripts; seed = next_++) {
      const bool restarts = seed % kRestartEach == 0;
      const bool waits = !restarts && seed % kWaitEach == 1;
      restarts_ += restarts;
      waits_ += waits;
      const Script script = make_script(seed, restarts, waits);
      if (!restarts) {
        compare(script, *shared_, root_ / "shared");
        continue;
      }
      const std::filesystem::path folder = root_ / script.prefix;
      std::filesystem::create_directories(folder);
      std::unique_ptr<testing::Mosquitto> own;
      {
        const std::lock_guard lock(mutex_);  // ports are given out one at a time
        own = std::make_unique<testing::Mosquitto>(folder, mosquitto_settings(folder, true));
      }
      compare(script, *own, folder);
      own.reset();
      std::filesystem::remove_all(folder);
    }
  }

  void compare(const Script& script, testing::Mosquitto& broker, const std::string& folder) {
    ModelSide model;
    MosquittoSide mosquitto(broker, folder);
    Conversation expected(model);
    Conversation found(mosquitto);
    for (size_t i = 0; i < script.steps.size(); ++i) {
      const StepLog of_model = expected.carry_out(script.steps[i]);
      const StepLog of_mosquitto = found.carry_out(script.steps[i]);
      ++steps_;
      if (of_model == of_mosquitto) continue;
      return disagree(script, i, of_model, of_mosquitto);
    }
  }

  void disagree(const Script& script, size_t at, const StepLog& model, const StepLog& mosquitto) {
    const std::lock_guard lock(mutex_);
    if (++disagreements_ > kShown) return;
    std::printf("seed %llu: the brokers disagree after\n",
                static_cast<unsigned long long>(script.seed));
    for (size_t i = 0; i <= at; ++i) std::printf("  %s\n", describe(script.steps[i]).c_str());
    for (size_t client = 0; client < kClients; ++client) {
      if (model[client] == mosquitto[client]) continue;
      for (const auto& [name, lines] :
           {std::pair("model", model[client]), std::pair("mosquitto", mosquitto[client])}) {
        std::printf("    c%zu by %-9s:", client, name);
        for (const std::string& line : lines) std::printf(" [%s]", line.c_str());
        std::printf("\n");
      }
    }
  }

  const Arguments arguments_;
  std::filesystem::path root_;
  std::unique_ptr<testing::Mosquitto> shared_;
  std::atomic<uint64_t> next_;
  std::atomic<uint64_t> restarts_ = 0;
  std::atomic<uint64_t> waits_ = 0;
  std::atomic<uint64_t> steps_ = 0;
  std::atomic<uint64_t> disagreements_ = 0;
  std::mutex mutex_;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; i += 2) {
    const std::string word = argv[i];
    const auto value = i + 1 < argc ? parse_number(argv[i + 1]) : std::nullopt;
    if (!value) return std::nullopt;
    if (word == "--scripts") {
      out.scripts = *value;
    } else if (word == "--seed") {
      out.seed = *value;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace
}  // namespace flotilla::sim::differential

int main(int argc, char** argv) {
  using namespace flotilla::sim::differential;
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fputs("usage: sim_broker_differential [--scripts N] [--seed N]\n", stderr);
    return 2;
  }
  return Differential(*arguments).run() ? 0 : 1;
}
