#include "client/turn_access.h"

#include <algorithm>

#include "client/limits.h"
#include "proto/relay.pb.h"

namespace pqc::client {

Result<TurnAccess> turn_access_of(const pqc_chat::v1::ServerFrame& frame) {
  const auto& given = frame.turn_access();
  const auto fits = [](const std::string& text) { return text.size() <= limits::turn_text; };
  if (!frame.has_turn_access() || given.uris_size() > static_cast<int>(limits::turn_uris) ||
      !std::ranges::all_of(given.uris(), fits) || !fits(given.username()) || !fits(given.password()))
    return fail(ExitCode::protocol_mismatch, "the server answered with something else than was asked for");
  return TurnAccess{.uris = {given.uris().begin(), given.uris().end()},
                    .username = given.username(),
                    .password = given.password(),
                    .lifetime = std::chrono::milliseconds(given.lifetime_ms())};
}

}  // namespace pqc::client
