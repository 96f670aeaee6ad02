// Counts every allocation of the program, its libraries included: malloc and its kin are replaced by ones that count
// and hand on to glibc's.
#pragma once

#include <cstddef>

namespace pqc::bench {

// Since the program started, all threads together.
std::size_t allocation_count();

}  // namespace pqc::bench
