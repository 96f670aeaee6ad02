#include "base/secret.h"

namespace pqc {

bool constant_time_equal(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    __asm__ __volatile__("" : "+r"(difference));  // no early exit may be made of this loop
  }
  return difference == 0;
}

}  // namespace pqc
