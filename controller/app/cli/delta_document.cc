#include "controller/app/cli/delta_document.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "controller/api/loss_view.h"
#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

uint64_t rounded(double bytes) {
  return static_cast<uint64_t>(std::llround(std::max(bytes, 0.0)));
}

api::Json cost_json(const TensorCost& cost) {
  return {{"name", cost.name},
          {"type", cost.type},
          {"method", cost.method},
          {"bytes", cost.size},
          {"coded_bytes", rounded(cost.coded)}};
}

std::vector<std::string> row(const std::string& name, const std::string& type,
                             const std::string& method, uint64_t bytes, uint64_t coded) {
  return {std::to_string(bytes),
          std::to_string(coded),
          percent_text(static_cast<double>(coded), static_cast<double>(bytes)),
          type,
          method,
          name};
}

std::string totals(const api::Json& document) {
  const uint64_t whole = number(document["new"], "bytes");
  const auto line = [&](const char* what, uint64_t bytes, const char* note) {
    char text[160];
    std::snprintf(text, sizeof text, "%-14s %12llu bytes  %8s of NEW%s\n", what,
                  static_cast<unsigned long long>(bytes),
                  percent_text(static_cast<double>(bytes), static_cast<double>(whole)).c_str(),
                  note);
    return std::string(text);
  };
  const bool estimate = document.value("full_is_estimate", false);
  return line("delta file", number(document, "file_bytes"), "") +
         line("its payload", number(document, "payload_bytes"),
              document.value("needs_base", true) ? "" : "; needs no base") +
         line("without base", number(document, "full_bytes"), estimate ? ", estimated" : "") +
         line("as it is", whole, "");
}

}  // namespace

std::string percent_text(double part, double whole) {
  const double percent = whole > 0 ? 100 * part / whole : 0;
  char text[32];
  std::snprintf(text, sizeof text, percent < 1 ? "%.2f %%" : "%.1f %%", percent);
  return text;
}

api::Json delta_document(const DeltaFacts& facts, const SmallestFile& delta) {
  const EncodedFile& file = delta.file;
  api::Json tensors = api::Json::array();
  for (const TensorCost& cost : file.tensors) tensors.push_back(cost_json(cost));
  return {
      {"old", {{"file", facts.old_file}, {"bytes", facts.old_bytes}, {"format", facts.old_format}}},
      {"new", {{"file", facts.new_file}, {"bytes", facts.new_bytes}, {"format", facts.new_format}}},
      {"file", facts.output},
      {"file_bytes", facts.file_bytes},
      {"payload_bytes", file.payload_size},
      {"full_bytes", delta.full_size},
      {"full_is_estimate", delta.full_is_estimate},
      {"needs_base", file.needs_base},
      {"chunks", file.chunks.size()},
      {"framing_bytes", file.framing},
      {"decoder_memory", file.decoder_memory},
      {"seconds", std::round(facts.seconds * 1000) / 1000},
      {"tensors", std::move(tensors)},
      {"outside_tensors",
       {{"bytes", file.other.size}, {"coded_bytes", rounded(file.other.coded)}}}};
}

api::Json rounding_document(const std::string& origin, double step, const RoundedUpdate& rounded) {
  api::Json out = api::loss_json(rounded.whole);
  out["origin"] = origin;
  out["step"] = step;
  out["tensors"] = api::Json::array();
  for (const TensorLoss& loss : rounded.tensors) {
    out["tensors"].push_back(api::tensor_loss_json(loss));
  }
  out["tensors_rounded"] = rounded.tensors.size();
  out["tensors_kept"] = rounded.kept;
  return out;
}

std::string delta_text(const api::Json& document, size_t shown, size_t width) {
  std::vector<const api::Json*> order;
  for (const api::Json& tensor : document["tensors"]) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const api::Json* a, const api::Json* b) {
    return number(*a, "coded_bytes") > number(*b, "coded_bytes");
  });
  Table table({"BYTES", "CODED", "SHARE", "TYPE", "METHOD", "TENSOR"});
  uint64_t rest = 0;
  uint64_t rest_coded = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const api::Json& tensor = *order[i];
    if (i >= shown) {
      rest += number(tensor, "bytes");
      rest_coded += number(tensor, "coded_bytes");
      continue;
    }
    table.add(row(field(tensor, "name"), field(tensor, "type"), field(tensor, "method"),
                  number(tensor, "bytes"), number(tensor, "coded_bytes")));
  }
  if (order.size() > shown) {
    const std::string name = std::to_string(order.size() - shown) + " more tensors (--all)";
    table.add(row(name, "", "", rest, rest_coded));
  }
  const api::Json& outside = document["outside_tensors"];
  table.add(row("outside tensors", "", "bytes", number(outside, "bytes"),
                number(outside, "coded_bytes")));
  char tail[160];
  std::snprintf(tail, sizeof tail, "%llu chunks, %llu bytes of decoder memory, %.1f s\n",
                static_cast<unsigned long long>(number(document, "chunks")),
                static_cast<unsigned long long>(number(document, "decoder_memory")),
                document.value("seconds", 0.0));
  return table.text(width) + "\n" + totals(document) + tail;
}

}  // namespace flotilla::controller::app
