// Every label of the ratchet (docs/spec/ratchet.md). One label, one use; none is a prefix of another.
#pragma once

#include <string_view>

namespace pqc::ratchet::labels {

inline constexpr std::string_view start = "pqc-chat ratchet 1 start";
inline constexpr std::string_view step = "pqc-chat ratchet 1 step";
inline constexpr std::string_view chain = "pqc-chat ratchet 1 chain";
inline constexpr std::string_view body = "pqc-chat ratchet 1 body";

}  // namespace pqc::ratchet::labels
