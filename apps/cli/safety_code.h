// A safety number's payload as a QR code for terminals.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace pqc::cli {

// Rows of half blocks (two modules a character), light on dark, with a quiet zone. Empty when no code can be made.
std::vector<std::string> safety_code(ByteView payload);

}  // namespace pqc::cli
