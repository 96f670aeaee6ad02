#include "net/ice/nice_candidate.h"

#include <array>

namespace pqc::net::ice {
namespace {

CandidateType type_of(NiceCandidateType type) {
  switch (type) {
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return CandidateType::server_reflexive;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return CandidateType::peer_reflexive;
    case NICE_CANDIDATE_TYPE_RELAYED:
      return CandidateType::relayed;
    default:
      return CandidateType::host;
  }
}

NiceCandidateType type_of(CandidateType type) {
  switch (type) {
    case CandidateType::server_reflexive:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case CandidateType::peer_reflexive:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case CandidateType::relayed:
      return NICE_CANDIDATE_TYPE_RELAYED;
    default:
      return NICE_CANDIDATE_TYPE_HOST;
  }
}

// RFC 8445 §5.1.2.1 with the type preferences of §5.1.2.2.
std::uint32_t priority_of(CandidateType type, std::size_t rank) {
  constexpr std::uint32_t any_rank = 65535;
  const std::uint32_t preference = type == CandidateType::host               ? 126
                                   : type == CandidateType::server_reflexive ? 100
                                                                             : 0;
  return (preference << 24U) | ((any_rank - static_cast<std::uint32_t>(rank)) << 8U) | (256 - component);
}

}  // namespace

Candidate candidate_of(const NiceCandidate& from) {
  std::array<char, NICE_ADDRESS_STRING_LEN> text{};
  nice_address_to_string(&from.addr, text.data());
  return {type_of(from.type), text.data(), static_cast<std::uint16_t>(nice_address_get_port(&from.addr))};
}

NiceCandidatePtr candidate_of(const Candidate& from, guint stream, std::size_t rank) {
  NiceCandidatePtr out(nice_candidate_new(type_of(from.type)));
  if (nice_address_set_from_string(&out->addr, from.ip.c_str()) == FALSE) return nullptr;
  nice_address_set_port(&out->addr, from.port);
  out->base_addr = out->addr;
  out->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  out->priority = priority_of(from.type, rank);
  out->stream_id = stream;
  out->component_id = component;
  g_snprintf(out->foundation, NICE_CANDIDATE_MAX_FOUNDATION, "%zu", rank + 1);
  return out;
}

}  // namespace pqc::net::ice
