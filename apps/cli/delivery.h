// What every command that sends something shares: the text from the command line or standard input, sending, waiting,
// and what is printed then.
#pragma once

#include <optional>
#include <string>

#include "cli/commands.h"

namespace pqc::cli {

// Ends the connection whatever way the command takes.
struct Closing {
  client::Client& client;
  ~Closing() { client.close(); }
};

// Whether a client that stays connected tries again after this; any other failure ends it.
[[nodiscard]] bool retried(ExitCode code);

// The text as given; for "-" or nothing all of standard input, up to a byte more than is allowed.
client::Result<std::string> text_or_input(const std::optional<std::string>& given);

// Of a message that did not get where it was wanted in time: it is stored. Prints why, and answers the exit code.
ExitCode not_yet(const Context& context, client::Message message, client::Error error);

// Of a message that will not be sent: prints why, and answers the exit code.
ExitCode failed(const Context& context, client::Client& client, const client::Message& message);

// Sends it under a new id, waits until the server has it (or, with `wait_delivered` seconds, the peer), and prints it.
ExitCode deliver(const Context& context, client::Client& client, client::Draft draft,
                 std::optional<std::uint32_t> wait_delivered);

}  // namespace pqc::cli
