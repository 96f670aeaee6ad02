// Every label of SFrame (RFC 9605 §4.4.2), with the space that ends them.
#pragma once

#include <string_view>

namespace pqc::sframe::labels {

inline constexpr std::string_view key = "SFrame 1.0 Secret key ";
inline constexpr std::string_view salt = "SFrame 1.0 Secret salt ";

}  // namespace pqc::sframe::labels
