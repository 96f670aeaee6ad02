// The label under which a device signs its key for groups (docs/spec/labels.md).
#pragma once

#include <string_view>

namespace pqc::mls_devices::labels {

inline constexpr std::string_view group_key = "mls signature key 1";

}  // namespace pqc::mls_devices::labels
