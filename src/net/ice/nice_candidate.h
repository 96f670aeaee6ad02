// Candidates as libnice has them, and as we do. Pure.
#pragma once

#include <cstddef>

#include "net/ice/candidate.h"
#include "net/ice/nice_handles.h"

namespace pqc::net::ice {

[[nodiscard]] Candidate candidate_of(const NiceCandidate& from);
// `rank` is its place in its list. Null where the address is none.
[[nodiscard]] NiceCandidatePtr candidate_of(const Candidate& from, guint stream, std::size_t rank);

}  // namespace pqc::net::ice
