// How pqc-chat-keyring ends (docs/exit-codes.md). It has codes of its own: the client branches on the first three.
#pragma once

namespace pqc::keyring {

enum class Exit : int {
  done = 0,        // stored, cleared, or found and printed
  not_found = 1,   // nothing is kept for this profile
  no_service = 2,  // this session has no secret service
  refused = 3,     // the service is there, but locked, dismissed by the user, or failing
  bad_input = 64,  // wrong arguments, or a secret that is empty or too long
};

constexpr int number(Exit exit) {
  return static_cast<int>(exit);
}

}  // namespace pqc::keyring
