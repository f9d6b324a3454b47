#include "simulator/broker/topic_index.h"

#include <algorithm>

namespace flotilla::sim {
namespace {

std::string_view first_level(std::string_view text) {
  return text.substr(0, text.find('/'));
}

/// What follows the first level; data() is null when there is none (an empty last level is one).
std::string_view rest_of(std::string_view text) {
  const size_t slash = text.find('/');
  return slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
}

}  // namespace

bool has_wildcard(std::string_view filter) {
  return filter.find_first_of("+#") != std::string_view::npos;
}

bool covers(std::string_view filter, std::string_view topic) {
  if (!topic.empty() && topic[0] == '$' && !filter.empty() && filter[0] != '$') return false;
  while (true) {
    const std::string_view want = first_level(filter);
    if (want == "#") return true;
    if (topic.data() == nullptr) return false;
    if (want != "+" && want != first_level(topic)) return false;
    filter = rest_of(filter);
    topic = rest_of(topic);
    if (filter.data() == nullptr) return topic.data() == nullptr;
    if (topic.data() == nullptr && filter != "#") return false;
  }
}

TopicIndex::Node& TopicIndex::make_node(std::string_view filter) {
  if (!has_wildcard(filter)) return exact_[std::string(filter)];
  Node* node = &wild_;
  for (std::string_view rest = filter; rest.data() != nullptr; rest = rest_of(rest)) {
    const std::string_view level = first_level(rest);
    auto& child = node->children[std::string(level)];
    if (!child) child = std::make_unique<Node>();
    if (level == "+") node->any = child.get();
    if (level == "#") node->all = child.get();
    node = child.get();
  }
  return *node;
}

void TopicIndex::add(std::string_view filter, Subscriber subscriber) {
  Node& node = make_node(filter);
  node.filter = filter;
  auto& list = node.subscribers;
  if (std::find(list.begin(), list.end(), subscriber) == list.end()) list.push_back(subscriber);
}

void TopicIndex::remove(std::string_view filter, Subscriber subscriber) {
  if (!has_wildcard(filter)) {
    const auto found = exact_.find(filter);
    if (found == exact_.end()) return;
    std::erase(found->second.subscribers, subscriber);
    if (found->second.subscribers.empty()) exact_.erase(found);
    return;
  }
  // Empty branches go with their last subscriber.
  std::vector<std::pair<Node*, std::string_view>> path;
  Node* node = &wild_;
  for (std::string_view rest = filter; rest.data() != nullptr; rest = rest_of(rest)) {
    const auto child = node->children.find(first_level(rest));
    if (child == node->children.end()) return;
    path.emplace_back(node, first_level(rest));
    node = child->second.get();
  }
  std::erase(node->subscribers, subscriber);
  while (!path.empty() && node->subscribers.empty() && node->children.empty()) {
    const auto [parent, level] = path.back();
    path.pop_back();
    if (level == "+") parent->any = nullptr;
    if (level == "#") parent->all = nullptr;
    parent->children.erase(parent->children.find(level));
    node = parent;
  }
}

void TopicIndex::take(const Node& node, std::vector<Match>& out) {
  for (const Subscriber subscriber : node.subscribers) out.push_back({subscriber, node.filter});
}

/// A few children are compared faster than one level is hashed.
const TopicIndex::Node* TopicIndex::child(const Node& node, std::string_view level) {
  constexpr size_t kFew = 4;
  if (node.children.size() > kFew) {
    const auto found = node.children.find(level);
    return found == node.children.end() ? nullptr : found->second.get();
  }
  for (const auto& [name, next] : node.children) {
    if (name == level) return next.get();
  }
  return nullptr;
}

void TopicIndex::walk(const Node& node, std::string_view rest, const Node* exact,
                      std::vector<Match>& out) const {
  if (rest.data() == nullptr) {
    if (node.all != nullptr) take(*node.all, out);
    if (exact != nullptr) take(*exact, out);
    return take(node, out);
  }
  const std::string_view below = rest_of(rest);
  const Node* const named = child(node, first_level(rest));
  if (named != nullptr) {
    walk(*named, below, exact, out);
  } else if (exact != nullptr) {
    take(*exact, out);
  }
  if (node.any != nullptr) walk(*node.any, below, nullptr, out);
  if (node.all != nullptr) take(*node.all, out);
}

void TopicIndex::find(std::string_view topic, std::vector<Match>& out) const {
  const auto found = exact_.find(topic);
  walk(wild_, topic, found == exact_.end() ? nullptr : &found->second, out);
}

}  // namespace flotilla::sim
