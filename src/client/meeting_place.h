// Where two who know the same code exchange sealed bytes without knowing each other (docs/spec/rendezvous.md §3): slots
// at a server. Whose they are, and what is in them, is not seen here. Loop thread only.
#pragma once

#include <functional>
#include <memory>

#include "base/bytes.h"
#include "client/error.h"
#include "client/loop.h"
#include "client/relay.h"

namespace pqc::client {

class MeetingPlace {
 public:
  // The server's key.
  using Connected = std::function<void(Result<net::Fingerprint>)>;
  // What the other left.
  using Exchanged = std::function<void(Result<Bytes>)>;

  virtual ~MeetingPlace() = default;
  // Once, before all else; answers once. Errors: unreachable, wrong_server, protocol_mismatch.
  virtual void connect(Connected connected) = 0;
  // Leaves bytes and asks for the other's, again and again until they come, however often the connection breaks. One
  // exchange at a time; answers once. Errors: refused (two others have met there, or the server lets nobody meet),
  // wrong_server, protocol_mismatch.
  virtual void exchange(ByteView slot, Bytes sealed, Exchanged exchanged) = 0;
  // Nothing is answered any more.
  virtual void close() = 0;
};

// At a server, as a stranger: it learns no account.
std::unique_ptr<MeetingPlace> make_meeting_place(Loop& loop, RelayAddress address);

}  // namespace pqc::client
