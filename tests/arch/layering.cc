#include "tests/arch/layering.h"

#include <regex>
#include <sstream>

namespace flotilla::arch {
namespace {

const std::set<std::string> kTaboo = {
    "atomic",        "chrono",    "condition_variable",
    "cstdio",        "cstdlib",   "ctime",
    "filesystem",    "fstream",   "future",
    "iostream",      "mutex",     "random",
    "shared_mutex",  "thread",    "unordered_map",
    "unordered_set", "semaphore", "stop_token",
};
/// A worker's cancellation flag is an argument, not a thread.
const std::set<std::string> kTabooExceptions = {"controller/artifact:atomic",
                                                "controller/artifact/numbers:atomic"};

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

bool is_below(const std::string& path, const std::string& layer) {
  return path == layer || path.rfind(layer + "/", 0) == 0;
}

std::string layer_of(const std::map<std::string, Layer>& layers, const std::string& path) {
  std::string best;
  for (const auto& [name, layer] : layers) {
    if (is_below(path, name) && name.size() > best.size()) best = name;
  }
  return best;
}

bool quoted_allowed(const std::string& own, const Layer& layer, const std::string& target) {
  if (is_below(target, own)) return true;
  for (const std::string& prefix : layer.may_include) {
    if (is_below(target, prefix)) return true;
  }
  return false;
}

bool angle_allowed(const std::string& own, const Layer& layer, const std::string& header) {
  if (layer.headers.count("any") != 0) return true;
  const size_t slash = header.find('/');
  if (slash != std::string::npos) return layer.headers.count(header.substr(0, slash)) != 0;
  if (header.find('.') != std::string::npos) return false;  // POSIX and C headers
  if (layer.headers.count("std") != 0) return true;
  return kTaboo.count(header) == 0 || kTabooExceptions.count(own + ":" + header) != 0;
}

}  // namespace

std::map<std::string, Layer> parse_layering(const std::vector<std::string>& lines) {
  std::map<std::string, Layer> layers;
  for (const std::string& line : lines) {
    if (line.empty() || line[0] == '#') continue;
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    const std::vector<std::string> name = words(line.substr(0, first));
    if (name.size() != 1 || second == std::string::npos) {
      layers["malformed line: " + line] = {};
      continue;
    }
    Layer& layer = layers[name[0]];
    layer.may_include = words(line.substr(first + 1, second - first - 1));
    for (const std::string& word : words(line.substr(second + 1))) layer.headers.insert(word);
  }
  return layers;
}

std::vector<std::string> violations(const std::map<std::string, Layer>& layers,
                                    const SourceFile& file) {
  static const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  const std::string own = layer_of(layers, file.path);
  if (own.empty()) return {file.path + " belongs to no layer of layering.txt"};
  const Layer& layer = layers.at(own);
  std::vector<std::string> found;
  for (const std::string& line : file.lines) {
    std::smatch match;
    if (!std::regex_match(line, match, include)) continue;
    const std::string target = match[2];
    const bool allowed =
        match[1] == "\"" ? quoted_allowed(own, layer, target) : angle_allowed(own, layer, target);
    if (!allowed) found.push_back(file.path + ": layer " + own + " may not include " + target);
  }
  return found;
}

}  // namespace flotilla::arch
