// How two devices get a path that is theirs alone, as the client needs it (docs/spec/direct.md): src/p2p has one over
// ICE and QUIC, which programs hand to Client::open. It knows of tickets and frames, and nothing of what they mean.
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "client/error.h"

namespace pqc::client {

class Loop;

// With whom (§1).
enum class DirectPolicy : std::uint8_t { off, contacts, on };

// An attempt, then a path that carries whole frames in their order; it ends with the object. Its owner destroys it
// outside of its handlers only.
class DirectPath {
 public:
  struct Handlers {
    // Once, later: ours for the other side.
    std::function<void(std::string ticket)> ticket;
    // After that: candidates that were found since, for the other side; or that there are no more.
    std::function<void(Bytes candidates, bool last)> candidates;
    // Once: who is at the other end has the key that its ticket named.
    std::function<void()> open;
    std::function<void(ByteView frame)> frame;
    // Once, at its end or where no path comes about. Nothing is called afterwards.
    std::function<void(const Error&)> closed;
  };

  virtual ~DirectPath() = default;
  // Theirs, to the offer that `ticket` gave. Error: refused, for what is none.
  virtual Status accept(std::string_view answer) = 0;
  // Theirs, found since their ticket; after accept, where that is needed. Error: refused, for what are none.
  virtual Status add(ByteView candidates, bool last) = 0;
  // Only while open.
  virtual void send(ByteView frame) = 0;
};
using DirectPathPtr = std::unique_ptr<DirectPath>;

class DirectPaths {
 public:
  virtual ~DirectPaths() = default;
  virtual DirectPathPtr offer(DirectPath::Handlers handlers) = 0;
  // Error: refused, for what is no offer.
  virtual Result<DirectPathPtr> answer(std::string_view offer, DirectPath::Handlers handlers) = 0;
};

// The STUN service that may be asked; port 0: none.
struct StunService {
  std::string host;
  std::uint16_t port = 0;
};

struct DirectOptions {
  DirectPolicy policy = DirectPolicy::off;
  // `stun` is asked at each attempt. Empty: this program cannot.
  std::function<std::unique_ptr<DirectPaths>(Loop& loop, std::function<StunService()> stun)> make;
};

}  // namespace pqc::client
