#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controller/artifact/models/model_file.h"

/// Small model files, built by hand, right or wrong as a test wants them.
namespace flotilla::controller::test {

// ---- TFLite. Field numbers and types are those of TensorFlow's schema.fbs.
struct TfliteTensor {
  std::string name = {};
  int8_t type = 0;  ///< FLOAT32
  std::vector<int32_t> shape = {};
  uint32_t buffer = 0;
  std::vector<float> scales = {};
  std::vector<int64_t> zero_points = {};
  int32_t axis = 0;
  std::vector<uint8_t> sparse_indices = {};  ///< not empty: sparse, with these uint8 indices
  std::vector<int32_t> signature = {};       ///< the shape, with -1 for what is open
};

struct TfliteBuffer {
  std::string data = {};
  uint64_t offset = 0;  ///< with size: data behind the flatbuffer
  uint64_t size = 0;
};

struct TfliteOperator {
  int32_t code = 0;  ///< of schema.fbs; above 126 only newer files have it
  std::string custom = {};
};

struct TfliteModel {
  std::vector<TfliteBuffer> buffers = {{}};  ///< number 0 is empty
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators = {};  ///< each used once
  std::vector<int32_t> inputs = {};            ///< indices of tensors
  std::vector<int32_t> outputs = {};
  bool has_operator_codes = true;
  size_t subgraphs = 1;         ///< times that the one subgraph is listed
  size_t tensor_repeats = 1;    ///< times that its tensors are listed
  bool shares_buffers = false;  ///< every buffer table is buffer 1
};

std::string tflite_file(const TfliteModel& model);

// ---- protobuf and ONNX
std::string proto_varint(uint64_t value);
std::string proto_number(uint32_t field, uint64_t value);
std::string proto_bytes(uint32_t field, std::string_view content);

/// TensorProto with raw_data.
std::string onnx_tensor(std::string_view name, int data_type, const std::vector<uint64_t>& dims,
                        std::string_view raw);
/// NodeProto; `attributes` is encoded AttributeProtos.
std::string onnx_node(std::string_view op_type, const std::vector<std::string>& inputs,
                      std::string_view output, const std::vector<std::string>& attributes = {});
/// ValueInfoProto; a dimension below 0 is named "n", that is, open.
std::string onnx_value(std::string_view name, int data_type, const std::vector<int64_t>& dims);
/// GraphProto of encoded nodes and initialisers.
std::string onnx_graph(const std::vector<std::string>& nodes,
                       const std::vector<std::string>& initialisers);
/// ModelProto.
std::string onnx_file(std::string_view graph);

// ---- safetensors
std::string safetensors_file(std::string_view header, std::string_view data);

// ---- GGUF
struct GgufTensor {
  std::string name = {};
  std::vector<uint64_t> dims;  ///< innermost first, as the file has them
  uint32_t type = 0;
  uint64_t offset = 0;
};

/// `pairs` is encoded metadata, `count` its number. Data begins at a multiple of 32.
std::string gguf_file(std::string_view pairs, uint64_t count,
                      const std::vector<GgufTensor>& tensors, std::string_view data);
std::string gguf_text(std::string_view text);

// ---- common
/// One small valid file of each format that read_model() knows.
std::vector<std::string> model_files();
/// Little-endian bytes of an integer.
std::string little(uint64_t value, unsigned width);
/// `count` little-endian floats: 0.5, 1.5, ...
std::string floats(size_t count);

/// Reads a copy that ends where its memory ends, so that sanitizers see a read behind it.
Result<ModelFile> read_copy(std::string_view file, std::string* explanation = nullptr);

/// What ModelFile promises of any file: sorted, apart, inside, none empty, bounded.
bool keeps_its_promises(const ModelFile& model, uint64_t file_size);

}  // namespace flotilla::controller::test
