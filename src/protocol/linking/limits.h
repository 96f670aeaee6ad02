// The limits and fixed sizes of linking (docs/spec/devices.md §8). Sizes are in bytes.
#pragma once

#include <cstddef>

#include "identity/limits.h"

namespace pqc::linking {

inline constexpr std::size_t secret_size = 16;
inline constexpr std::size_t fingerprint_size = 32;
inline constexpr std::size_t link_id_size = 16;
// A code as text, with whatever people put around it.
inline constexpr std::size_t max_code_text = 256;
// An invitation: an account record, and less than a kilobyte beside it.
inline constexpr std::size_t max_message = identity::max_record_size + 4096;

}  // namespace pqc::linking
