#include "simulator/broker/session.h"

#include <algorithm>

namespace flotilla::sim {

void BrokerSession::attach(Outlet& outlet, uint16_t receive_maximum) {
  outlet_ = &outlet;
  receive_maximum_ = receive_maximum;
  for (Delivery& delivery : in_flight_) {
    delivery.duplicate = true;
    outlet_->deliver(delivery);
  }
  pump(in_flight_.size());
}

void BrokerSession::detach() {
  outlet_ = nullptr;
}

void BrokerSession::restore(const Unfinished& unfinished) {
  in_flight_ = unfinished.in_flight;
  queue_ = unfinished.queue;
  last_id_ = unfinished.last_id;
}

uint16_t BrokerSession::fresh_id() {
  const auto taken = [this](uint16_t id) {
    return std::any_of(in_flight_.begin(), in_flight_.end(),
                       [id](const Delivery& delivery) { return delivery.packet_id == id; });
  };
  do {
    ++last_id_;
  } while (last_id_ == 0 || taken(last_id_));
  return last_id_;
}

void BrokerSession::transmit(Delivery delivery) {
  delivery.packet_id = fresh_id();
  outlet_->deliver(delivery);
  in_flight_.push_back(std::move(delivery));
}

bool BrokerSession::send(const Delivery& delivery) {
  if (delivery.qos == 0) {
    if (outlet_ != nullptr) outlet_->deliver(delivery);
    return true;
  }
  if (outlet_ != nullptr && queue_.empty() && in_flight_.size() < window()) {
    transmit(delivery);
    return true;
  }
  // Without a connection what is in flight takes room in the queue (Mosquitto 2.0).
  const size_t room = limits_.queued + (outlet_ != nullptr ? window() : 0);
  if (in_flight_.size() + queue_.size() >= room) return false;
  queue_.push_back(delivery);
  return true;
}

void BrokerSession::pump(size_t counted) {
  for (; outlet_ != nullptr && !queue_.empty() && counted < window(); ++counted) {
    Delivery next = std::move(queue_.front());
    queue_.pop_front();
    transmit(std::move(next));
  }
}

void BrokerSession::acknowledged(uint16_t packet_id) {
  const auto done =
      std::find_if(in_flight_.begin(), in_flight_.end(),
                   [packet_id](const Delivery& d) { return d.packet_id == packet_id; });
  const auto counted = static_cast<size_t>(done - in_flight_.begin());
  if (done != in_flight_.end()) in_flight_.erase(done);
  pump(counted);
}

}  // namespace flotilla::sim
