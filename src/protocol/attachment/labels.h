// The labels of docs/spec/attachments.md; docs/spec/labels.md lists them.
#pragma once

#include <string_view>

namespace pqc::attachment::labels {

inline constexpr std::string_view key = "pqc-chat attachment 1 key";
inline constexpr std::string_view chain = "pqc-chat attachment 1 chain";

}  // namespace pqc::attachment::labels
