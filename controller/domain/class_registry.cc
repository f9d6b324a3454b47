#include <bit>
#include <tuple>

#include "controller/domain/bounds.h"
#include "controller/domain/model_registry.h"
#include "controller/domain/text.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller::model_registry {
namespace {

Refused check_name(std::string_view name) {
  if (is_valid_name(name)) return std::nullopt;
  return refusal(Code::kInvalidArgument, cat("'", name, "' is not a valid class name"),
                 "use 1 to 32 of a-z, 0-9, _ and -");
}

Refused check_chunks(const HardwareClass& r) {
  if (r.chunk_max < kMinChunkMax || r.chunk_max > kChunkMaxLimit) {
    return refusal(
        Code::kOutOfRange,
        cat("chunk_max ", r.chunk_max, " is not within ", kMinChunkMax, " to ", kChunkMaxLimit),
        cat("the default is ", kDefaultChunkMax));
  }
  if (!std::has_single_bit(r.erase_unit)) {
    return refusal(Code::kInvalidArgument,
                   cat("erase_unit ", r.erase_unit, " is not a power of two"),
                   "use the erase unit of the storage, or 4096");
  }
  if (r.erase_unit > r.chunk_max - kEraseUnitOverhead) {
    return refusal(Code::kInvalidArgument,
                   cat("erase_unit ", r.erase_unit, " and ", kEraseUnitOverhead,
                       " bytes more do not fit chunk_max ", r.chunk_max),
                   "raise chunk_max or lower erase_unit");
  }
  return std::nullopt;
}

Refused check(const HardwareClass& r) {
  if (Refused why = check_name(r.name)) return why;
  if (Refused why = check_chunks(r)) return why;
  if (r.slot_size == 0 || r.slot_size > kMaxImageSize) {
    return refusal(Code::kOutOfRange,
                   cat("slot_size ", r.slot_size, " is not within 1 to ", kMaxImageSize),
                   "use the bytes that one slot of the device holds");
  }
  for (const std::string* text :
       {&r.runtime, &r.runtime_version, &r.accelerator, &r.accelerator_generation}) {
    if (text->size() <= kMaxClassText) continue;
    return refusal(Code::kInvalidArgument,
                   cat("a name of ", text->size(), " bytes, more than ", kMaxClassText),
                   "shorten the names of runtime and accelerator");
  }
  if (r.decoder_memory < delta::decoder_memory(delta::kSmallProfile)) {
    return refusal(Code::kOutOfRange,
                   cat("decoder_memory ", r.decoder_memory, " is below the decoder's ",
                       delta::decoder_memory(delta::kSmallProfile)),
                   "raise decoder_memory");
  }
  return std::nullopt;
}

bool is_same(const HardwareClass& a, const HardwareClass& b) {
  const auto all = [](const HardwareClass& r) {
    return std::tie(r.slot_size, r.chunk_max, r.erase_unit, r.decoder_memory, r.ram, r.runtime,
                    r.runtime_version, r.accelerator, r.accelerator_generation);
  };
  return all(a) == all(b);
}

std::string describe(const HardwareClass& r) {
  std::string out = cat("slot_size ", r.slot_size, ", chunk_max ", r.chunk_max, ", erase_unit ",
                        r.erase_unit, ", decoder_memory ", r.decoder_memory);
  if (r.ram != 0) out += cat(", ram ", r.ram);
  if (!r.runtime.empty()) out += cat(", runtime ", r.runtime, " ", r.runtime_version);
  if (!r.accelerator.empty()) {
    out += cat(", accelerator ", r.accelerator, " ", r.accelerator_generation);
  }
  return out;
}

}  // namespace

Refused define_class(StepContext& step, const DefineClass& command) {
  const HardwareClass& definition = command.definition;
  if (Refused why = check(definition)) return why;
  const auto known = step.state.classes.find(definition.name);
  const bool is_new = known == step.state.classes.end();
  if (!is_new && is_same(known->second, definition)) return std::nullopt;
  if (is_new && step.state.classes.size() >= kMaxClasses) {
    return refusal(Code::kResourceExhausted,
                   cat("there are ", kMaxClasses, " hardware classes already"),
                   "reuse one of them");
  }
  const HardwareClass& kept = step.state.classes[definition.name] = definition;
  step.touch(kept);
  step.audit(is_new ? "class.defined" : "class.changed", cat("class/", kept.name), describe(kept));
  return std::nullopt;
}

Refused ensure_class(StepContext& step, const std::string& name) {
  if (step.state.classes.count(name) != 0) return std::nullopt;
  DefineClass command;
  command.definition.name = name;
  return define_class(step, command);
}

}  // namespace flotilla::controller::model_registry
