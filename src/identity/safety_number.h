// Safety numbers: what two people compare to know that nobody sits between them (docs/spec/identity.md §9).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "identity/account_record.h"

namespace pqc::identity {

// 60 digits over both accounts' names and identity keys of all suites; the same on both sides, changed by any of them,
// unchanged by devices.
[[nodiscard]] std::string safety_number(const AccountRecord& a, const AccountRecord& b);
// The same in groups of five digits, four groups a line, three lines.
[[nodiscard]] std::string format_safety_number(std::string_view digits);

// The payload of the QR code: version 1, then 32 bytes a person, the same on both sides. Scanning compares bytes.
using SafetyPayload = std::array<std::uint8_t, 65>;
[[nodiscard]] SafetyPayload safety_payload(const AccountRecord& a, const AccountRecord& b);

}  // namespace pqc::identity
