// STUN binding as a client needs it: RFC 8489 §5 (header), §14.1 and §14.2 (addresses), §14.7 (FINGERPRINT), §14.8
// (errors). Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <variant>

#include "base/bytes.h"
#include "p2p/address.h"

namespace pqc::p2p::stun {

using TransactionId = std::array<std::uint8_t, 12>;

inline constexpr std::uint16_t default_port = 3478;
// What a datagram may bring (RFC 8489 §6.1: the path MTU), and how many attributes are looked at.
inline constexpr std::size_t max_message = 1500;
inline constexpr std::size_t max_attributes = 32;

// A binding request with FINGERPRINT.
[[nodiscard]] Bytes binding_request(const TransactionId& id);

struct Mapped {
  Address address;  // numeric
  friend bool operator==(const Mapped&, const Mapped&) = default;
};
// 300 to 699.
struct Refusal {
  int code = 0;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};
using Answer = std::variant<Mapped, Refusal>;

enum class Error : std::uint8_t {
  malformed,    // not a STUN message, or damaged
  unrelated,    // not the answer to this request
  unsupported,  // an attribute that has to be understood and is not (§6.3.3), or no address
};

// XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS. A FINGERPRINT that is there has to hold and to be the last attribute.
[[nodiscard]] std::expected<Answer, Error> parse_answer(ByteView message, const TransactionId& id);

}  // namespace pqc::p2p::stun
