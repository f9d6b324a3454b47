#include "controller/app/server.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "controller/adapters/file_artifact_store.h"
#include "controller/adapters/file_payload_cache.h"
#include "controller/adapters/http_server.h"
#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/mbed_signer.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/adapters/paho_transport.h"
#include "controller/adapters/rocksdb_store.h"
#include "controller/adapters/small_file.h"
#include "controller/adapters/upload_folder.h"
#include "controller/app/admin_token.h"
#include "controller/app/clocks.h"
#include "controller/app/effect_runner.h"
#include "controller/app/inspection_desk.h"
#include "controller/app/keyset_desk.h"
#include "controller/app/log.h"
#include "controller/app/loop.h"
#include "controller/app/loop_caller.h"
#include "controller/app/optimise_desk.h"
#include "controller/app/rights_file.h"
#include "controller/app/rounding_desk.h"
#include "controller/app/shelf_thread.h"
#include "controller/app/thread_team.h"
#include "controller/app/worker_pool.h"

namespace flotilla::controller::app {

namespace {

constexpr int64_t kCallTimeoutMs = 15'000;
/// Below what brokers take unanswered (Mosquitto announces 20 as its receive maximum): once that is
/// reached, Paho 1.3.12 looks for room again only every second.
constexpr size_t kInFlight = 16;
constexpr size_t kBuildQueue = 256;
constexpr size_t kCheckQueue = 4096;
constexpr size_t kInspectQueue = 256;
constexpr size_t kOptimiseQueue = 64;
constexpr const char* kFirstService = "flotilla.controller";
constexpr const char* kSecondService = "flotilla.auditor";

/// Common name of a connection's certificate: its user name and client id at the broker.
std::string service_name(const std::string& certificate_file, const char* fallback) {
  if (certificate_file.empty()) return fallback;
  const auto text = read_small_file(certificate_file, kMaxEnvelope * 4);
  if (!text.ok()) return fallback;
  const auto identity = certificate_identity(text.value());
  return identity.ok() ? identity.value().common_name : fallback;
}

Result<api::CertificateFacts> read_certificate(const std::string& pem) {
  const auto identity = certificate_identity(pem);
  if (!identity.ok()) return identity.status();
  return api::CertificateFacts{identity.value().common_name, identity.value().public_key};
}

}  // namespace

/// Members stand in the order in which they need each other; start() fills them in that order.
class Server::Parts {
 public:
  Parts(ServeOptions settings, std::string version)
      : options(std::move(settings)), software(std::move(version)), topics(options.prefix) {}

  bool start(std::string& failure);
  void stop();
  std::string endpoint() const;

 private:
  bool open_state(std::string& failure);
  bool load_keys(std::string& failure);
  bool load_keyset(std::string& failure);
  bool note_keyset(std::string& failure);
  void make_transports();
  void make_loop();
  bool prepare_loop(std::string& failure);
  bool grant_admin(std::string& failure);
  bool start_http(std::string& failure);
  void start_transports();
  PahoTransport::Options transport_options(const std::string& certificate, const std::string& key,
                                           const char* fallback) const;
  api::Surroundings surroundings();
  std::map<std::string, uint64_t> counters() const;
  std::string in_state(const char* name) const { return options.state + "/" + name; }

  ServeOptions options;
  std::string software;
  Topics topics;
  MbedHasher hasher;
  OpensslVerifier verifier;
  std::unique_ptr<RocksdbStore> store;
  std::unique_ptr<FileArtifactStore> artifacts;
  std::unique_ptr<UploadFolder> uploads;
  std::optional<FilePayloadCache> payloads;
  ThreadTeam team;
  std::shared_ptr<MbedSigner> release_key;
  std::optional<ReplaceableSigner> director;
  std::optional<KeysetDesk> keysets;
  ControlPlaneConfig config;
  Mailbox mailbox;
  std::optional<PahoTransport> publisher;
  std::optional<PahoTransport> auditor;
  std::optional<WorkerPool> builders;
  std::optional<RoundingDesk> rounding;
  std::optional<WorkerPool> inspectors;
  std::optional<InspectionDesk> inspection;
  OptimiserConfig optimisers;
  std::optional<WorkerPool> optimising;
  std::optional<OptimiseDesk> optimisation;
  std::optional<WorkerPool> checkers;
  std::optional<ShelfThread> shelf;
  std::optional<RightsFile> rights;
  std::optional<EffectRunner> runner;
  std::optional<Intake> intake;
  std::optional<api::Api> api;
  std::optional<Loop> loop;
  std::optional<LoopCaller> caller;
  std::optional<HttpServer> http;
  std::atomic<bool> stopping = false;
  std::thread loop_thread;
};

bool Server::Parts::open_state(std::string& failure) {
  ::mkdir(options.state.c_str(), 0700);
  const DiskReserve reserve{options.disk_reserve_percent, options.disk_reserve_mib << 20};
  store = RocksdbStore::open({in_state("db"), reserve,
                              [](const std::string& line) {
                                log_line(LogLevel::kWarning, "rocksdb", {{"line", line}});
                              }},
                             failure);
  if (!store) return false;
  artifacts = FileArtifactStore::open({in_state("artifacts"), reserve}, failure);
  payloads.emplace(FilePayloadCache::Options{in_state("payload-cache"), reserve});
  if (!artifacts) return false;
  uploads = UploadFolder::open({in_state("artifacts/uploads"), reserve}, *artifacts, failure);
  return uploads != nullptr;
}

bool Server::Parts::load_keys(std::string& failure) {
  const auto key = MbedSigner::load(hasher, options.keys + "/director.key");
  if (!key.ok()) {
    failure = "cannot use " + options.keys + "/director.key: " + key.status().reason() +
              "; make keys with 'flotilla key init --dir " + options.keys + "'";
    return false;
  }
  director.emplace(key.value());
  const auto release = MbedSigner::load(hasher, options.keys + "/release.key");
  if (release.ok()) {
    release_key = release.value();
  } else if (release.status().code() != Code::kNotFound) {
    failure = "cannot use " + options.keys + "/release.key: " + release.status().reason();
    return false;
  }
  return load_keyset(failure);
}

/// The keyset names the epoch of our directives; devices would refuse a director key it lacks.
bool Server::Parts::load_keyset(std::string& failure) {
  const std::string path = options.keys + "/keyset.bin";
  HashingVerifier checker(hasher, verifier);
  const auto keys = newest_keyset(*store, checker, options.keys);
  if (!keys.ok()) {
    failure = "cannot use the keyset in " + path + ": " + keys.status().reason();
    return false;
  }
  const Keyset& keyset = keys.value()->keyset();
  config.keyset_epoch = keyset.epoch;
  keysets.emplace(KeysetDesk::Parts{options.keys, hasher, *director,
                                    [this](const FleetKeys& next) {
                                      runner->use_keyset(std::string(next.envelope()));
                                      loop->use_keyset(next.keyset().epoch);
                                      log_line(LogLevel::kInfo, "keyset_in_force",
                                               {{"epoch", std::to_string(next.keyset().epoch)}});
                                    }},
                  keys.value());
  if (!names_director(keyset, director->public_key())) {
    failure = "the keyset of epoch " + std::to_string(keyset.epoch) + " in " + path +
              ", or on record as its successor, does not name director.key as a director; devices "
              "would refuse it";
    return false;
  }
  const Status kept = keep_keyset(options.keys, *keys.value());
  if (!kept.ok()) failure = "cannot write " + path + ": " + kept.reason();
  return kept.ok();
}

PahoTransport::Options Server::Parts::transport_options(const std::string& certificate,
                                                        const std::string& key,
                                                        const char* fallback) const {
  PahoTransport::Options out;
  out.address.host = options.broker_host;
  out.address.port = static_cast<uint16_t>(options.broker_port);
  out.address.client_id = service_name(certificate, fallback);
  out.address.tls = !options.broker_plaintext;
  out.address.ca_file = options.ca;
  out.address.certificate_file = certificate;
  out.address.key_file = key;
  out.max_in_flight = kInFlight;
  out.log = [name = out.address.client_id](const std::string& line) {
    log_line(LogLevel::kInfo, "transport", {{"connection", name}, {"line", line}});
  };
  return out;
}

void Server::Parts::make_transports() {
  const auto first = transport_options(options.cert, options.key, kFirstService);
  const auto second = transport_options(options.audit_cert, options.audit_key, kSecondService);
  publisher.emplace(first);
  auditor.emplace(second);
  rights.emplace(RightsFileOptions{options.acl_file,
                                   options.broker_pid_file,
                                   {first.address.client_id, second.address.client_id}},
                 topics);
}

api::Surroundings Server::Parts::surroundings() {
  return {*store,
          *artifacts,
          hasher,
          release_key.get(),
          fill_random,
          read_certificate,
          [this] { return publisher->connected(); },
          [this] { return counters(); },
          software,
          [this](const std::string& id) { return uploads->find(id); },
          &*rounding,
          &*inspection,
          &*optimisation,
          [this](Bytes envelope) {
            return verify_approval(hasher, verifier, keysets->current()->keyset(), envelope);
          },
          &*keysets,
          &verifier,
          &*director};
}

void Server::Parts::make_loop() {
  builders.emplace(options.builders, kBuildQueue);
  rounding.emplace(RoundingDesk::Parts{*artifacts, team, *builders});
  // Their own thread, so that a push does not wait behind payloads that take minutes.
  inspectors.emplace(1, kInspectQueue);
  inspection.emplace(InspectionDesk::Parts{*artifacts, *inspectors});
  // One chain at a time: a command may use what the machine has.
  optimising.emplace(1, kOptimiseQueue);
  optimisation.emplace(OptimiseDesk::Parts{*artifacts, *optimising, optimisers});
  checkers.emplace(1, kCheckQueue);
  shelf.emplace(ShelfThread::Parts{topics, hasher, *publisher, *auditor, *artifacts, mailbox,
                                   log_line, store.get()});
  runner.emplace(EffectRunner::Parts{
      *publisher, topics, hasher, *director, *artifacts, *payloads, team,
      [this](std::function<void()> job) { return builders->submit(std::move(job)); },
      builders->cancelled(), mailbox,
      [this](const std::map<std::string, Device>& devices, std::string& explanation) {
        return rights->write(devices, explanation);
      },
      std::string(keysets->current()->envelope()),
      [this](const std::string& envelope) { return keysets->adopt(envelope); },
      [this](const PlaceTransfer& effect) { shelf->place(effect); },
      [this](const ClearTransfer& effect) { shelf->clear(effect); },
      [this](const std::string& name, const std::set<TransferId>& known) {
        shelf->sweep(name, known);
      }});
  intake.emplace(Intake::Parts{
      topics, hasher, verifier,
      [this](std::function<void()> job) { return checkers->submit(std::move(job)); },
      [this](Mail mail) { return mailbox.push(std::move(mail)); },
      [](const std::string& topic, const char* reason) {
        log_line(LogLevel::kWarning, "message_dropped", {{"topic", topic}, {"reason", reason}});
      }});
  api.emplace(surroundings());
  config.retained_budget = options.retained_budget;
  config.reconnect_window_s = options.reconnect_window_s;
  loop.emplace(LoopParts{*store, hasher, mailbox, *api, *intake, *runner, config, wall_now,
                         mono_now, [](const char* event, const char* reason) {
                           log_line(LogLevel::kError, event, {{"reason", reason}});
                         }});
}

/// Written before it is registered: a crash in between makes another one.
bool Server::Parts::grant_admin(std::string& failure) {
  if (!loop->plane()->tokens().empty() && !options.renew_admin_token) return true;
  const FreshToken token = make_admin_token(hasher);
  if (!replace_file(in_state("admin-token"), token.text + "\n", 0600, failure).ok()) return false;
  const Status added = loop->execute(AddToken{token.record}, controller_actor());
  if (added.ok()) return true;
  failure = std::string("cannot store the admin token: ") + added.reason();
  return false;
}

bool Server::Parts::note_keyset(std::string& failure) {
  const auto missing = keyset_to_note(*store, *keysets->current());
  Status status = missing.status();
  if (status.ok() && missing.value()) status = loop->execute(*missing.value(), controller_actor());
  if (!status.ok()) failure = std::string("cannot put the keyset into the log: ") + status.reason();
  return status.ok();
}

bool Server::Parts::prepare_loop(std::string& failure) {
  const Status loaded = loop->load();
  if (!loaded.ok()) {
    failure = "cannot read the state in " + options.state + ": " + loaded.reason();
    return false;
  }
  if (!note_keyset(failure) || !grant_admin(failure)) return false;
  loop->turn(0);  // writes the broker's rights before the first connection asks for them
  return true;
}

bool Server::Parts::start_http(std::string& failure) {
  HttpServerOptions http_options;
  split_address(options.listen, http_options.host, http_options.port);
  http_options.certificate_file = options.tls_cert;
  http_options.key_file = options.tls_key;
  caller.emplace(mailbox, kCallTimeoutMs);
  http.emplace(http_options, HttpServer::Stores{*artifacts, *uploads},
               [this](const api::Request& request) { return caller->call(request); });
  if (!http->start(failure).ok()) return false;
  return replace_file(in_state("endpoint"), endpoint() + "\n", 0644, failure).ok();
}

void Server::Parts::start_transports() {
  publisher->start({[this] {
                      shelf->on_publisher(true);
                      mailbox.push(Fact{BrokerConnected{}});
                      log_line(LogLevel::kInfo, "broker_connected");
                    },
                    [this](const std::string& reason) {
                      shelf->on_publisher(false);
                      mailbox.push(Fact{BrokerLost{}});
                      log_line(LogLevel::kWarning, "broker_lost", {{"reason", reason}});
                    },
                    [this](std::string topic, std::string payload, bool) {
                      mailbox.push(BrokerMessage{std::move(topic), std::move(payload)});
                    },
                    [this](uint64_t token, bool ok, const std::string& reason) {
                      if (!shelf->on_published(token, ok, reason))
                        runner->on_published(token, ok, reason);
                    }});
  auditor->start({[this] { shelf->on_auditor(true); },
                  [this](const std::string& reason) {
                    shelf->on_auditor(false);
                    log_line(LogLevel::kWarning, "auditor_lost", {{"reason", reason}});
                  },
                  [this](std::string topic, std::string payload, bool retained) {
                    shelf->on_message(std::move(topic), std::move(payload), retained);
                  },
                  [](uint64_t, bool, const std::string&) {}});
}

bool Server::Parts::start(std::string& failure) {
  if (!open_state(failure) || !load_keys(failure)) return false;
  if (!options.optimisers.empty()) {
    failure = read_optimisers_file(options.optimisers, optimisers);
    if (!failure.empty()) return false;
  }
  make_transports();
  make_loop();
  if (!prepare_loop(failure)) return false;
  shelf->start();
  loop_thread = std::thread([this] { loop->run([this] { return stopping.load(); }); });
  if (!start_http(failure)) return false;
  start_transports();
  return true;
}

void Server::Parts::stop() {
  if (http) http->stop();
  if (publisher && loop_thread.joinable()) publisher->stop();
  if (auditor && loop_thread.joinable()) auditor->stop();
  if (builders) builders->stop();
  if (inspectors) inspectors->stop();
  if (optimising) optimising->stop();
  if (checkers) checkers->stop();
  stopping = true;
  mailbox.close();
  if (loop_thread.joinable()) loop_thread.join();
  if (shelf) shelf->stop();
}

std::string Server::Parts::endpoint() const {
  std::string host;
  int port = 0;
  split_address(options.listen, host, port);
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return std::string(http->uses_tls() ? "https" : "http") + "://" + host + ":" +
         std::to_string(http->port());
}

std::map<std::string, uint64_t> Server::Parts::counters() const {
  const MailboxCounters mail = mailbox.counters();
  const EffectCounters effects = runner->counters();
  const IntakeCounters& dropped = intake->counters();
  const LoopCounters& turns = loop->counters();
  const DomainCounters& domain = loop->plane()->counters();
  return {{"mailbox_waiting", mail.waiting},
          {"mailbox_refused_calls", mail.refused_calls},
          {"mailbox_refused_messages", mail.refused_messages},
          {"mailbox_refused_facts", mail.refused_facts},
          {"published", effects.published},
          {"publish_refused", effects.publish_refused},
          {"encode_failed", effects.encode_failed},
          {"builds_refused", effects.builds_refused},
          {"bad_topics", dropped.bad_topic},
          {"bad_messages", dropped.bad_message},
          {"bad_attestations", dropped.bad_attestation},
          {"unknown_devices", dropped.unknown_device},
          {"jobs_failed",
           builders->failed() + inspectors->failed() + optimising->failed() + checkers->failed()},
          {"checks_refused", dropped.workers_busy},
          {"audit_messages_dropped", shelf->dropped_messages()},
          {"steps", turns.steps},
          {"commits", turns.commits},
          {"failed_commits", turns.failed_commits},
          {"reloads", turns.reloads},
          {"reports_accepted", domain.reports_accepted},
          {"reports_duplicate", domain.reports_duplicate},
          {"reports_refused", domain.reports_refused},
          {"reports_deferred", domain.reports_deferred},
          {"commands_refused", domain.commands_refused}};
}

Server::Server(ServeOptions options, std::string software)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(software))) {}

Server::~Server() {
  stop();
}

bool Server::start(std::string& failure) {
  return parts_->start(failure);
}

void Server::stop() {
  parts_->stop();
}

std::string Server::endpoint() const {
  return parts_->endpoint();
}

}  // namespace flotilla::controller::app
