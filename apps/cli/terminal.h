// The terminal that standard output is, as far as lines that are drawn again need it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pqc::cli {

// Erases the row with the cursor, which is left at its start, and all below. A terminal that was narrowed may have
// broken what stood there into more rows: none is left when the cursor stood in the first one.
inline constexpr const char* erase_downwards = "\r\x1b[J";

// At least 2; 80 where it does not say.
[[nodiscard]] std::size_t terminal_columns();

// The start of a line, in valid UTF-8 without control characters, that takes at most so many columns.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

}  // namespace pqc::cli
