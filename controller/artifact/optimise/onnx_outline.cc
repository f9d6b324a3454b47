#include "controller/artifact/optimise/onnx_outline.h"

#include <algorithm>
#include <array>

namespace flotilla::controller {

namespace {

/// Input of an operator that is a weight when it is a constant.
struct Place {
  std::string_view op_type;
  size_t input;
  int axis;         ///< of the output channels; negative: from the end
  int axis_turned;  ///< when the attribute that transposes this input is set
};

/// Sources: onnx/docs/Operators.md, the shapes of these inputs.
constexpr Place kPlaces[] = {{"Conv", 1, 0, 0},  {"ConvTranspose", 1, 1, 1}, {"Gemm", 1, 1, 0},
                             {"Gemm", 0, 0, 1},  {"MatMul", 1, -1, 0},       {"MatMul", 0, -2, 0},
                             {"LSTM", 1, 1, 1},  {"LSTM", 2, 1, 1},          {"GRU", 1, 1, 1},
                             {"GRU", 2, 1, 1},   {"RNN", 1, 1, 1},           {"RNN", 2, 1, 1},
                             {"Gather", 0, 0, 0}};

/// What these make of a weight is still one: `inputs` of them are data.
struct Mover {
  std::string_view op_type;
  size_t inputs;
};

constexpr Mover kMovers[] = {{"Transpose", 1}, {"Slice", 1},   {"Concat", SIZE_MAX},
                             {"Unsqueeze", 1}, {"Squeeze", 1}, {"Identity", 1},
                             {"Reshape", 1}};

constexpr size_t kInputs = 8;
constexpr unsigned kMaxDepth = 16;

struct Node {
  std::string_view op_type;
  std::string_view domain;
  std::string_view output;
  std::array<std::string_view, kInputs> inputs;
  size_t input_count = 0;
  std::array<bool, 2> is_turned{};  ///< transA, transB
};

class OutlineReader {
 public:
  OutlineReader(Reading& reading, OnnxOutline& outline) : reading_(reading), out_(outline) {}

  bool read() {
    ProtoCursor cursor(reading_, {0, reading_.file().size()});
    ProtoField field;
    while (cursor.next(field)) {
      if (field.is_varint(kOnnxModelIrVersion)) out_.ir_version = field.value;
      if (field.is_message(kOnnxModelOpset)) opset(field.range);
      if (field.is_message(kOnnxModelGraph)) graph(field.range, 0);
    }
    choose();
    return reading_.ok();
  }

 private:
  struct Candidate {
    uint64_t at;
    OnnxWeight weight;
    bool is_input;  ///< a default that a caller may replace
  };

  void opset(Range message) {
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    std::string_view domain;
    uint64_t version = 0;
    while (cursor.next(field)) {
      if (field.is_message(kOnnxOpsetDomain)) domain = onnx_text(reading_, field);
      if (field.is_varint(kOnnxOpsetVersion)) version = field.value;
    }
    if (is_standard(domain)) out_.opset = version;
  }

  static bool is_standard(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

  void graph(Range message, unsigned depth) {
    if (depth > kMaxDepth) return;
    std::set<std::string_view> inputs;
    ProtoCursor values(reading_, message);
    ProtoField field;
    while (values.next(field)) {
      if (!field.is_message(kOnnxGraphInput)) continue;
      inputs.insert(onnx_value_name(reading_, field.range));
    }
    out_.names.insert(inputs.begin(), inputs.end());
    ProtoCursor cursor(reading_, message);
    while (cursor.next(field)) {
      if (field.is_message(kOnnxGraphNode)) node(field.range, depth);
      if (field.is_message(kOnnxGraphInitializer)) initialiser(field.range, inputs);
    }
  }

  void initialiser(Range message, const std::set<std::string_view>& inputs) {
    OnnxWeight weight;
    if (!read_onnx_tensor(reading_, message, weight.tensor)) return;
    weight.name = weight.tensor.name;
    out_.names.insert(weight.name);
    const bool is_input = inputs.contains(weight.name);
    candidates_.push_back({message.begin, std::move(weight), is_input});
  }

  void node(Range message, unsigned depth) {
    Node node;
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    while (cursor.next(field)) {
      if (field.type == ProtoField::Type::kLength) take_text(field, node);
    }
    ProtoCursor attributes(reading_, message);
    while (attributes.next(field)) {
      if (field.is_message(kOnnxNodeAttribute)) attribute(message, field.range, depth, node);
    }
    if (!is_standard(node.domain)) return;
    take_places(node);
    take_moves(node);
  }

  void take_text(const ProtoField& field, Node& node) {
    const std::string_view text = onnx_text(reading_, field);
    if (field.number == kOnnxNodeOpType) node.op_type = text;
    if (field.number == kOnnxNodeDomain) node.domain = text;
    if (field.number == kOnnxNodeOutput) {
      if (node.output.empty()) node.output = text;
      out_.names.insert(text);
    }
    if (field.number == kOnnxNodeInput && node.input_count < kInputs) {
      node.inputs[node.input_count++] = text;
    }
  }

  void attribute(Range node_message, Range message, unsigned depth, Node& node) {
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    std::string_view name;
    while (cursor.next(field)) {
      if (field.is_message(kOnnxAttributeName)) name = onnx_text(reading_, field);
      if (field.is_varint(kOnnxAttributeI)) {
        if (name == "transA") node.is_turned[0] = field.value != 0;
        if (name == "transB") node.is_turned[1] = field.value != 0;
      }
      if (field.is_message(kOnnxAttributeG) || field.is_message(kOnnxAttributeGraphs)) {
        graph(field.range, depth + 1);
      }
      if (field.is_message(kOnnxAttributeT) && node.op_type == "Constant") {
        constant(node_message, field.range, node);
      }
    }
  }

  void constant(Range node_message, Range message, const Node& node) {
    OnnxWeight weight;
    if (!read_onnx_tensor(reading_, message, weight.tensor)) return;
    weight.name = node.output;
    candidates_.push_back({node_message.begin, std::move(weight), false});
  }

  void take_places(const Node& node) {
    for (const Place& place : kPlaces) {
      if (node.op_type != place.op_type || place.input >= node.input_count) continue;
      const bool turned = place.input < 2 && node.is_turned[place.input];
      axes_.emplace(node.inputs[place.input], turned ? place.axis_turned : place.axis);
    }
  }

  void take_moves(const Node& node) {
    for (const Mover& mover : kMovers) {
      if (node.op_type != mover.op_type) continue;
      for (size_t i = 0; i < std::min(node.input_count, mover.inputs); ++i) {
        moved_.emplace(node.output, node.inputs[i]);
      }
    }
  }

  /// Weights that are moved before they are used have their channels in the first dimension.
  void follow_moves() {
    std::vector<std::string_view> names;
    for (const auto& [name, axis] : axes_) names.push_back(name);
    while (!names.empty()) {
      const auto [first, last] = moved_.equal_range(names.back());
      names.pop_back();
      for (auto move = first; move != last; ++move) {
        if (axes_.emplace(move->second, 0).second) names.push_back(move->second);
      }
    }
  }

  void choose() {
    follow_moves();
    for (Candidate& candidate : candidates_) {
      OnnxWeight& weight = candidate.weight;
      const size_t rank = weight.tensor.shape.size();
      const auto use = axes_.find(weight.name);
      // Up to IR version 3 every initialiser is an input as well.
      const bool is_open = candidate.is_input && out_.ir_version >= 4;
      if (use == axes_.end() || rank < 2 || is_open || weight.tensor.data.size() == 0) continue;
      const int axis = use->second < 0 ? static_cast<int>(rank) + use->second : use->second;
      weight.axis = static_cast<size_t>(axis);
      out_.weights.emplace(candidate.at, std::move(weight));
    }
  }

  Reading& reading_;
  OnnxOutline& out_;
  std::vector<Candidate> candidates_;
  std::multimap<std::string_view, std::string_view> moved_;  ///< result -> what it was made of
  std::map<std::string_view, int> axes_;  ///< of values that are used as weights; the first use
};

}  // namespace

std::string_view onnx_text(const Reading& reading, const ProtoField& field) {
  return as_text(reading.file().subspan(field.range.begin, field.range.size()));
}

std::string_view onnx_value_name(Reading& reading, Range message) {
  ProtoCursor cursor(reading, message);
  ProtoField field;
  std::string_view name;
  while (cursor.next(field)) {
    if (field.is_message(1)) name = onnx_text(reading, field);
  }
  return name;
}

bool read_onnx_outline(Reading& reading, OnnxOutline& outline) {
  return OutlineReader(reading, outline).read();
}

}  // namespace flotilla::controller
