// The labels of docs/spec/recording.md; docs/spec/labels.md lists them.
#pragma once

#include <string_view>

namespace pqc::recording::labels {

inline constexpr std::string_view key = "pqc-chat recording 1 key";

}  // namespace pqc::recording::labels
