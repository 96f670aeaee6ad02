// The terminal that standard output is, as far as lines that are drawn again need it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pqc::cli {

// At least 2; 80 where it does not say.
[[nodiscard]] std::size_t terminal_columns();

// The start of a line, in valid UTF-8 without control characters, that takes at most so many columns.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

}  // namespace pqc::cli
