// Every label of the vault file (docs/spec/vault.md §4, §5). One use a label.
#pragma once

#include <string_view>

namespace pqc::keys::vault::labels {

inline constexpr std::string_view slot = "pqc-chat vault 1 slot";
inline constexpr std::string_view body = "pqc-chat vault 1 body";

}  // namespace pqc::keys::vault::labels
