// The limits and fixed sizes of attachments (docs/spec/attachments.md §2).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pqc::attachment {

inline constexpr std::uint64_t max_file_size = std::uint64_t{2} << 30U;
inline constexpr std::size_t chunk_size = 65'536;  // of plaintext; the last chunk may be shorter
inline constexpr std::size_t chunk_overhead = 28;  // nonce and tag

}  // namespace pqc::attachment
