#pragma once

#include <map>

#include "controller/artifact/inspect/file_kind.h"
#include "controller/artifact/models/model_file.h"

/// What a model file says of itself, and what was measured in it.
namespace flotilla::controller {

/// Raised whenever the same file may give other facts.
inline constexpr uint8_t kInspection = 1;
/// Tensors that are listed one by one, the largest.
inline constexpr size_t kMaxListedTensors = 4096;
inline constexpr size_t kMaxListedOperators = 256;  ///< the most frequent; the rest is "other"
inline constexpr size_t kMaxListedValues = 256;     ///< inputs, and as many outputs
inline constexpr size_t kMaxListedName = 256;       ///< bytes; longer names are cut

enum class QuantScheme : uint8_t {
  kNone,        ///< floats
  kPerTensor,   ///< one scale
  kPerChannel,  ///< a scale for each index of one dimension
  kBlock,       ///< a scale for each group of values, in the type itself
  kUnstated,    ///< small integers whose scales the file does not name
};

/// "none", "per tensor", "per channel", "block", "unstated"
const char* scheme_name(QuantScheme scheme);

struct TensorFacts {
  std::string name;
  std::string dtype;  ///< "float32"; of blocks GGUF's name, "Q4_K"
  TensorRole role = TensorRole::kValues;
  std::vector<uint64_t> shape;
  uint64_t bytes = 0;
  uint64_t elements = 0;
  std::optional<uint64_t> zeros;  ///< none: not countable
  QuantScheme scheme = QuantScheme::kNone;
  bool is_symmetric = true;  ///< of a quantised one: zero is stored as the middle of its range
  bool is_weight = false;
};

struct DTypeTotal {
  uint64_t tensors = 0;
  uint64_t elements = 0;
  uint64_t bytes = 0;
};

/// Weight tensors: float, 4-, 8- and 16-bit or block tensors of two dimensions or more; when there
/// are none of these, all of such a type. Biases, scales and index constants are left out that way.
struct WeightFacts {
  uint64_t tensors = 0;
  uint64_t elements = 0;
  uint64_t counted = 0;  ///< elements of those whose zeros could be counted
  uint64_t zeros = 0;
  std::map<std::string, DTypeTotal> dtypes;
  std::map<QuantScheme, uint64_t> schemes;  ///< -> tensors
  std::string dtype;                        ///< of most elements
  QuantScheme scheme = QuantScheme::kNone;  ///< of most elements
  bool is_symmetric = true;                 ///< all that are quantised are
};

struct ModelFacts {
  ModelFormat format = ModelFormat::kUnknown;
  FileKind kind = FileKind::kOpaque;         ///< of a file of unknown format
  uint64_t size = 0;                         ///< bytes
  std::optional<Graph> graph;                ///< within the bounds above
  uint64_t parameters = 0;                   ///< elements of everything that is learned
  std::map<std::string, DTypeTotal> dtypes;  ///< of all tensors
  WeightFacts weights;
  std::vector<TensorFacts> tensors;  ///< in the order of the file
  uint64_t tensor_count = 0;         ///< listed or not
  std::vector<std::string> notes;    ///< what the author should know
};

}  // namespace flotilla::controller
