// The numbers that MLS counts with, each its own type.
#pragma once

#include <compare>
#include <cstdint>

namespace pqc::mls::inline public_part {

// The n-th leaf of the tree, from the left.
struct LeafIndex {
  std::uint32_t value = 0;
  friend auto operator<=>(LeafIndex, LeafIndex) = default;
  void describe(this auto& self, auto& coder) { coder(self.value); }
};

// A node of the tree in the order of RFC 9420 appendix C: leaves are even, parents odd.
struct NodeIndex {
  std::uint32_t value = 0;
  friend auto operator<=>(NodeIndex, NodeIndex) = default;
};

struct Epoch {
  std::uint64_t value = 0;
  friend auto operator<=>(Epoch, Epoch) = default;
  void describe(this auto& self, auto& coder) { coder(self.value); }
};

inline constexpr Epoch last_epoch{0xFFFF'FFFF'FFFF'FFFF};

// The place of a message in its sender's ratchet.
struct Generation {
  std::uint32_t value = 0;
  friend auto operator<=>(Generation, Generation) = default;
  void describe(this auto& self, auto& coder) { coder(self.value); }
};

// Open registries: values that we do not know are carried along.
namespace extension_type {
inline constexpr std::uint16_t application_id = 1;
inline constexpr std::uint16_t ratchet_tree = 2;
inline constexpr std::uint16_t required_capabilities = 3;
inline constexpr std::uint16_t external_pub = 4;
inline constexpr std::uint16_t external_senders = 5;
constexpr bool is_default(std::uint16_t type) {
  return type >= application_id && type <= external_senders;
}
}  // namespace extension_type

namespace credential_type {
inline constexpr std::uint16_t basic = 1;
inline constexpr std::uint16_t x509 = 2;
}  // namespace credential_type

inline constexpr std::uint16_t protocol_version = 1;  // mls10

}  // namespace pqc::mls::inline public_part
