#include "protocol/mls_public/nodes.h"

#include <algorithm>

namespace pqc::mls::inline public_part {

const Bytes* find_extension(const std::vector<Extension>& extensions, std::uint16_t type) {
  const auto found = std::ranges::find(extensions, type, &Extension::type);
  return found == extensions.end() ? nullptr : &found->data;
}

bool distinct(const std::vector<Extension>& extensions) {
  for (std::size_t i = 0; i < extensions.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (extensions[i].type == extensions[j].type) return false;
    }
  }
  return true;
}

}  // namespace pqc::mls::inline public_part
