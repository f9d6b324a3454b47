// The session over TCP to a Mosquitto that this program starts on a free port and ends itself.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "edge-client/mqtt/session.h"
#include "tests/support/free_port.h"

namespace flotilla::mqtt {
namespace {

MonoTime now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return MonoTime{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const char* mosquitto_path() {
  for (const char* path : {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"}) {
    if (access(path, X_OK) == 0) return path;
  }
  return nullptr;
}

/// One broker process, ended with the object.
class Broker {
 public:
  Broker() : port_(test::free_port()) {
    char folder[] = "/tmp/flotilla-mqtt-XXXXXX";
    if (mkdtemp(folder) == nullptr) return;
    folder_ = folder;
    std::ofstream(folder_ + "/conf") << "listener " << port_ << " 127.0.0.1\n"
                                     << "allow_anonymous true\npersistence false\n"
                                     << "log_dest none\n";
    const std::string conf = folder_ + "/conf";
    const char* path = mosquitto_path();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      execl(path, "mosquitto", "-c", conf.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
  }
  ~Broker() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    unlink((folder_ + "/conf").c_str());
    rmdir(folder_.c_str());
  }
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// A connected socket, or -1 when the broker does not answer within 30 seconds.
  int connect_to() const {
    for (const MonoTime end = now() + seconds(30); now() < end; poll(nullptr, 0, 20)) {
      const int fd = socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = loopback(port_);
      if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        return fd;
      }
      close(fd);
    }
    return -1;
  }

 private:
  std::string folder_;
  uint16_t port_;
  pid_t pid_ = -1;
};

class Client final : public Listener {
 public:
  Client(std::string id, const Broker& broker)
      : id_(std::move(id)), fd_(broker.connect_to()), session_(options(), *this) {
    session_.start(now());
  }
  ~Client() {
    if (fd_ >= 0) close(fd_);
  }

  /// Moves bytes until `done`, at most ten seconds.
  bool run_until(const std::function<bool()>& done) {
    for (const MonoTime end = now() + seconds(30); now() < end && fd_ >= 0;) {
      turn();
      if (done()) return true;
    }
    return false;
  }
  bool connect() {
    return run_until([&] { return session_.connected(); });
  }
  /// The broker said DISCONNECT, or closed the transport without a word.
  bool ended() const { return closed_with >= 0 || closed_by_peer_; }
  bool flush() {
    return run_until([&] { return session_.pending_output().empty(); });
  }

  Session& session() { return session_; }

  std::map<std::string, std::string> messages;  // by topic
  std::map<uint16_t, uint8_t> answers;          // of each request and publish
  std::vector<uint32_t> subscription_ids;
  size_t dropped = 0;
  int closed_with = -1;
  std::string drop_prefix = "\xFF";

 private:
  Options options() const {
    Options options;
    options.client_id = id_;
    options.keep_alive_s = 1;  // pings at once, so that they are tested as well
    return options;
  }

  void turn() {
    const Bytes pending = session_.pending_output();
    pollfd ready{fd_, static_cast<short>(POLLIN | (pending.empty() ? 0 : POLLOUT)), 0};
    poll(&ready, 1, 50);
    if (ready.revents & POLLOUT) {
      const ssize_t sent = send(fd_, pending.data(), pending.size(), MSG_NOSIGNAL);
      if (sent > 0) session_.transmit_done(static_cast<size_t>(sent), now());
    }
    if (ready.revents & (POLLIN | POLLHUP)) {
      uint8_t buffer[1500];
      const ssize_t received = recv(fd_, buffer, sizeof buffer, 0);
      if (received > 0) session_.receive({buffer, static_cast<size_t>(received)}, now());
      if (received == 0) closed_by_peer_ = true;
    }
    session_.tick(now());
  }

  void on_connected(const ServerLimits&) override {}
  MutableBytes on_publish_begin(const PublishHeader& header) override {
    topic_ = header.topic;
    subscription_ids.push_back(header.subscription_id);
    payload_.assign(header.payload_size, '\0');
    dropping_ = topic_.rfind(drop_prefix, 0) == 0;
    if (dropping_) return {};
    return {reinterpret_cast<uint8_t*>(payload_.data()), payload_.size()};
  }
  void on_publish_end() override {
    if (dropping_) {
      ++dropped;
    } else {
      messages[topic_] = payload_;
    }
  }
  void on_subscribed(uint16_t id, uint8_t reason) override { answers[id] = reason; }
  void on_unsubscribed(uint16_t id, uint8_t reason) override { answers[id] = reason; }
  void on_published(uint16_t id, uint8_t reason) override { answers[id] = reason; }
  void on_closed(uint8_t reason, const char*) override { closed_with = reason; }

  const std::string id_;
  const int fd_;
  Session session_;
  std::string topic_;
  std::string payload_;
  bool dropping_ = false;
  bool closed_by_peer_ = false;
};

class Mosquitto : public testing::Test {
 protected:
  void SetUp() override {
    if (mosquitto_path() == nullptr) GTEST_SKIP() << "mosquitto is not installed";
    broker_ = std::make_unique<Broker>();
  }
  std::unique_ptr<Broker> broker_;
};

TEST_F(Mosquitto, PublishesComeBackWhole) {
  Client client("alone", *broker_);
  ASSERT_TRUE(client.connect());
  const uint16_t subscribe = client.session().subscribe("t/+", 77, now()).value();
  ASSERT_TRUE(client.run_until([&] { return client.answers.count(subscribe) == 1; }));
  EXPECT_EQ(client.answers[subscribe], 1);
  const std::string large(16'000, 'L');
  const std::string small = "small";
  const uint16_t first =
      client.session().publish("t/large", as_bytes(large), QoS::kAtLeastOnce, now()).value();
  ASSERT_TRUE(client.session().publish("t/small", as_bytes(small), QoS::kAtMostOnce, now()).ok());
  ASSERT_TRUE(client.run_until(
      [&] { return client.answers.count(first) == 1 && client.messages.size() == 2; }));
  EXPECT_EQ(client.messages["t/large"], large);
  EXPECT_EQ(client.messages["t/small"], small);
  EXPECT_EQ(client.subscription_ids, (std::vector<uint32_t>{77, 77}));
  const uint16_t unsubscribe = client.session().unsubscribe("t/+", now()).value();
  ASSERT_TRUE(client.run_until([&] { return client.answers.count(unsubscribe) == 1; }));
  EXPECT_EQ(client.answers[unsubscribe], 0);
  EXPECT_EQ(client.closed_with, -1);
}

TEST_F(Mosquitto, UnwantedMessagesPassBy) {
  Client client("picky", *broker_);
  client.drop_prefix = "t/drop";
  ASSERT_TRUE(client.connect());
  const uint16_t subscribe = client.session().subscribe("t/#", 0, now()).value();
  ASSERT_TRUE(client.run_until([&] { return client.answers.count(subscribe) == 1; }));
  const std::string payload(9'000, 'x');
  for (const char* topic : {"t/drop/1", "t/drop/2", "t/keep"}) {
    ASSERT_TRUE(client.session().publish(topic, as_bytes(payload), QoS::kAtLeastOnce, now()).ok());
  }
  ASSERT_TRUE(client.run_until([&] { return client.dropped + client.messages.size() == 3; }));
  EXPECT_EQ(client.messages["t/keep"], payload);
}

TEST_F(Mosquitto, ManyMessagesWithinTheReceiveMaximum) {
  Client receiver("receiver", *broker_);
  Client sender("sender", *broker_);
  ASSERT_TRUE(receiver.connect());
  ASSERT_TRUE(sender.connect());
  const uint16_t subscribe = receiver.session().subscribe("n/+", 0, now()).value();
  ASSERT_TRUE(receiver.run_until([&] { return receiver.answers.count(subscribe) == 1; }));
  const std::string payload(100, 'n');
  for (int i = 0; i < 300; ++i) {
    const std::string topic = "n/" + std::to_string(i);
    ASSERT_TRUE(sender.run_until([&] {
      return sender.session().publish(topic, as_bytes(payload), QoS::kAtLeastOnce, now()).ok();
    }));
  }
  ASSERT_TRUE(sender.flush());
  ASSERT_TRUE(receiver.run_until([&] { return receiver.messages.size() == 300; }));
  EXPECT_EQ(receiver.closed_with, -1);
}

TEST_F(Mosquitto, PingsKeepASilentConnection) {
  Client client("silent", *broker_);
  ASSERT_TRUE(client.connect());
  const MonoTime end = now() + milliseconds(2'500);  // the broker would close after 1.5 s
  ASSERT_TRUE(client.run_until([&] { return now() >= end; }));
  EXPECT_EQ(client.closed_with, -1);
  EXPECT_TRUE(client.session().connected());
}

TEST_F(Mosquitto, TakeoverEndsTheFirstConnection) {
  Client first("twin", *broker_);
  ASSERT_TRUE(first.connect());
  Client second("twin", *broker_);
  ASSERT_TRUE(second.connect());
  ASSERT_TRUE(first.run_until([&] { return first.ended(); }));
  EXPECT_TRUE(first.closed_with == -1 || first.closed_with == 0x8E);  // session taken over
  second.session().disconnect(0, now());
  ASSERT_TRUE(second.flush());
  EXPECT_EQ(second.closed_with, 0);
}

}  // namespace
}  // namespace flotilla::mqtt
