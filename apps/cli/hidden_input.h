// A question at the terminal whose answer is not shown.
#pragma once

#include <cstddef>
#include <optional>

#include "base/secret.h"

namespace pqc::cli {

// Asks at the controlling terminal, whatever standard input and output are, and reads one line of at most `longest`
// bytes, its line break included. Nothing without a terminal, and at its end (Ctrl-D).
//
// Signals that end or stop the program (Ctrl-C, Ctrl-Z, a hang-up) first make the terminal show what is typed again,
// then do what they do; after a stop the question is asked again. One thread, no other may read the terminal.
[[nodiscard]] std::optional<SecretBytes> read_hidden(const char* question, std::size_t longest);

}  // namespace pqc::cli
