// The labels of docs/spec/devices.md §8; docs/spec/labels.md lists them.
#pragma once

#include <string_view>

namespace pqc::linking::labels {

inline constexpr std::string_view fingerprint = "pqc-chat link 1 fingerprint";
inline constexpr std::string_view id = "pqc-chat link 1 id";
inline constexpr std::string_view channel = "pqc-chat link 1 channel";
inline constexpr std::string_view exported = "pqc-chat link 1 export";
inline constexpr std::string_view keys = "pqc-chat link 1 keys";

}  // namespace pqc::linking::labels
