// How sealed bytes get from here to a device of a peer. One file a kind: through the server's mailboxes now
// (relay_transport.h); directly over TCP or a punched UDP path is a further file. A transport does not know what the
// bytes mean, and keeps none of them: the outbox repeats what was not accepted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "client/error.h"
#include "client/types.h"

namespace pqc::client {

// Exact bytes for one device. The same id always has the same bytes.
struct Parcel {
  MessageId id{};
  std::string account;
  std::uint32_t device = 0;
  Bytes body;
};

enum class Carriage : std::uint8_t {
  accepted,  // the other end, or a server, has stored it
  later,     // not now: try again; `error` says why
  refused,   // never: `error` says why
  gone,      // never: the account has no such device any more
};
struct ParcelOutcome {
  Carriage carriage = Carriage::later;
  Error error;
};

class Transport {
 public:
  // One outcome for each parcel, in their order; or why there is no answer, and all have to be repeated.
  using Answer = std::function<void(Result<std::vector<ParcelOutcome>>)>;

  virtual ~Transport() = default;
  [[nodiscard]] virtual bool ready() const = 0;
  // How many parcels one carry() may have.
  [[nodiscard]] virtual std::size_t batch() const = 0;
  // Whether it would go a way of its own, where the other end decides when there is an answer: such parcels are given
  // one by one, and hold nothing else up.
  [[nodiscard]] virtual bool apart(const Parcel&) const { return false; }
  // Answers later, once. Parcels arrive in the order in which they were given.
  virtual void carry(std::vector<Parcel> parcels, Answer answer) = 0;
};

}  // namespace pqc::client
