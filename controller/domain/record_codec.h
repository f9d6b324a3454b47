#pragma once

#include <string>
#include <string_view>

#include "controller/domain/meta.h"
#include "controller/domain/records.h"
#include "schemas/base/status.h"

/// Records <-> the bytes of the store (docs/spec/store.md).
namespace flotilla::controller {

/// First byte of every value, by its record. A reader refuses newer ones; an older one is read as
/// it was.
template <typename Record>
inline constexpr uint8_t kRecordVersion = 1;
template <>
inline constexpr uint8_t kRecordVersion<HardwareClass> = 2;
template <>
inline constexpr uint8_t kRecordVersion<ModelVersion> = 4;
template <>
inline constexpr uint8_t kRecordVersion<AuditEntry> = 2;
template <>
inline constexpr uint8_t kRecordVersion<Device> = 3;
template <>
inline constexpr uint8_t kRecordVersion<Token> = 2;
template <>
inline constexpr uint8_t kRecordVersion<Transfer> = 2;
template <>
inline constexpr uint8_t kRecordVersion<StandingDirective> = 2;

/// The same record always gives the same bytes.
template <typename Record>
std::string encode(const Record& record);

/// kUnimplemented: written by a newer program. kDataLoss: these are not the bytes that encode()
/// made; `record` is then unspecified.
template <typename Record>
Status decode(std::string_view bytes, Record& record);

}  // namespace flotilla::controller
