#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace flotilla::sim {

/// True when the filter (with + and #) covers the topic (MQTT 5.0 section 4.7).
bool covers(std::string_view filter, std::string_view topic);
bool has_wildcard(std::string_view filter);

/// Which subscribers a topic reaches. Matches come in the order of Mosquitto's tree: the topic's
/// own level before "+" before "#", the deepest first, and in the order of subscription; nothing
/// depends on the order of a hash table.
class TopicIndex {
 public:
  using Subscriber = uint32_t;

  void add(std::string_view filter, Subscriber subscriber);
  void remove(std::string_view filter, Subscriber subscriber);
  /// Appends (subscriber, filter) of every match.
  struct Match {
    Subscriber subscriber;
    std::string_view filter;  ///< lives as long as the subscription
  };
  void find(std::string_view topic, std::vector<Match>& out) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename T>
  using Table = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  struct Node {
    std::string filter;  ///< of the subscribers that end here
    std::vector<Subscriber> subscribers;
    Table<std::unique_ptr<Node>> children;
    // The children that every look-up asks for.
    Node* any = nullptr;  ///< "+"
    Node* all = nullptr;  ///< "#"
  };
  static const Node* child(const Node& node, std::string_view level);
  Node& make_node(std::string_view filter);
  /// `exact`: who subscribed to the whole topic by name, as long as no wildcard was taken.
  void walk(const Node& node, std::string_view rest, const Node* exact,
            std::vector<Match>& out) const;
  static void take(const Node& node, std::vector<Match>& out);

  Table<Node> exact_;
  Node wild_;
};

}  // namespace flotilla::sim
