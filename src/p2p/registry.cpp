#include "p2p/registry.h"

#include <algorithm>
#include <array>

namespace pqc::p2p {
namespace {

template <class Range, class Matches>
auto find(const Range& range, Matches matches) {
  const auto found = std::ranges::find_if(range, matches);
  return found == std::end(range) ? nullptr : *found;
}

}  // namespace

std::span<const TransportKind* const> transports() {
  static const std::array all{&tcp_transport(), &udp_transport()};
  return all;
}

std::span<const EncryptionKind* const> encryptions() {
  static const std::array all{&ratchet_encryption(), &rsa_encryption(), &no_encryption()};
  return all;
}

const TransportKind* find_transport(std::string_view name) {
  return find(transports(), [&](const auto* kind) { return kind->name == name; });
}

const EncryptionKind* find_encryption(std::string_view name) {
  return find(encryptions(), [&](const auto* kind) { return kind->name == name; });
}

const EncryptionKind* find_encryption(std::uint8_t code) {
  return find(encryptions(), [&](const auto* kind) { return kind->code == code; });
}

}  // namespace pqc::p2p
