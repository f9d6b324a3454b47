#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

/// Type of a tensor's stored elements. kUnknown: strings, complex numbers, 8-bit floats and what
/// this build does not know. kBlock: groups of values that share scales, see BlockLayout.
enum class DType : uint8_t {
  kUnknown,
  kBool,
  kInt4,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat16,
  kBfloat16,
  kFloat32,
  kFloat64,
  kBlock,
};

enum class ModelFormat : uint8_t { kUnknown, kTflite, kOnnx, kSafetensors, kTfjs, kGguf };

/// Stable lower-case names, for messages and JSON: "float16", "safetensors".
const char* dtype_name(DType dtype);
const char* format_name(ModelFormat format);

/// Bits of one stored element; 0 for kUnknown and kBlock.
unsigned bits_of(DType dtype);

/// value = scale x (stored - zero point) + minimum. No scales: not quantised. No zero points: 0.
struct Quantisation {
  std::vector<double> scales;        ///< one, or one for each index of the dimension `axis`
  std::vector<int64_t> zero_points;  ///< empty, or as many as scales
  int axis = -1;                     ///< -1: one scale for the whole tensor
  double minimum = 0;                ///< tfjs: its `min`, which need not be a multiple of the scale
};

/// How GGUF packs `values` elements of the innermost dimension into `bytes` bytes.
struct BlockLayout {
  std::string_view name;  ///< ggml's name, "Q4_K"; static
  uint32_t values = 0;
  uint32_t bytes = 0;
};

/// What the elements are: a tensor's values, or the positions of a sparse tensor's values.
enum class TensorRole : uint8_t { kValues, kIndices };

/// A tensor's bytes in the file. All are little-endian.
struct TensorSpan {
  std::string name;  ///< need not be unique in TFLite and ONNX
  DType dtype = DType::kUnknown;
  TensorRole role = TensorRole::kValues;
  std::vector<uint64_t> shape;  ///< outermost first; empty: scalar. TFLite sparse: the dense one
  uint64_t offset = 0;
  uint64_t size = 0;  ///< in bytes
  Quantisation quantisation;
  BlockLayout block;  ///< of kBlock only
};

/// An input or output of a model's graph.
struct GraphValue {
  std::string name;
  DType dtype = DType::kUnknown;
  std::vector<int64_t> shape;  ///< outermost first; -1: open until it runs
  bool has_shape = true;       ///< the file states one
};

/// What a model computes, as far as its file says.
struct Graph {
  std::map<std::string, uint64_t> operators;  ///< in all subgraphs and functions; name -> count
  std::vector<GraphValue> inputs;             ///< of the whole model, in its own order
  std::vector<GraphValue> outputs;
};

struct ModelFile {
  ModelFormat format = ModelFormat::kUnknown;
  /// Sorted by offset, not overlapping, inside the file, none of them empty.
  std::vector<TensorSpan> tensors;
  /// None: the format keeps no graph in the file (safetensors, GGUF), or it is not read (tfjs).
  std::optional<Graph> graph;
  uint64_t tensors_elsewhere = 0;  ///< ONNX: their data lies in other files
};

/// Bounds of what a file may make its reader remember.
inline constexpr uint64_t kMaxTensors = uint64_t{1} << 17;  ///< operators count too
inline constexpr uint64_t kMaxTensorName = 4096;
inline constexpr uint64_t kMaxTensorRank = 32;
inline constexpr uint64_t kMaxGraphValues = 4096;    ///< inputs, and as many outputs
inline constexpr uint64_t kMaxOperatorKinds = 4096;  ///< different names
inline constexpr uint64_t kMaxOperatorName = 256;
inline constexpr uint64_t kMaxDescription = uint64_t{32} << 20;  ///< names, shapes, scales: bytes

/// Number of elements; none when it does not fit 2^56.
std::optional<uint64_t> elements_of(const std::vector<uint64_t>& shape);

/// Bytes of a dense tensor of that type and shape; none for kUnknown, for bomb shapes, and for
/// shapes that the blocks do not divide.
std::optional<uint64_t> dense_size(const TensorSpan& tensor);

/// Finds the tensors of a model file, whose format its content tells; tensor data is neither copied
/// nor looked at. A file of no known format is kUnknown without tensors. A file that claims a
/// format and breaks its rules is an error; `explanation`, if given, then says what and where.
/// Time is linear in the file's descriptive part, memory bounded by the constants above.
Result<ModelFile> read_model(Bytes file, std::string* explanation = nullptr);

/// TensorFlow.js keeps its weights in shards and their description in model.json. `weights` is all
/// shards in the order of the manifest's paths, joined; `manifest_json` is model.json, or the
/// weightsManifest array alone.
Result<ModelFile> read_tfjs(Bytes weights, std::string_view manifest_json,
                            std::string* explanation = nullptr);

}  // namespace flotilla::controller
