// `pqc-chat-server run`: serves until SIGTERM or SIGINT.
#pragma once

#include "config.h"

namespace pqc::app {

// `ready_fd`: gets the text of the file `listening` once the server listens, and is closed; -1: none.
ExitCode run(const Config& config, int ready_fd);

// An error for people, on standard error.
void complain(const std::string& text);

}  // namespace pqc::app
