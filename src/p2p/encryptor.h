// What makes a link private: a handshake, then sealing and opening. One file a kind, and its line in registry.cpp:
// ratchet (the only one that authenticates identities and is quantum-safe), rsa, none (docs/spec/p2p.md §6 to §8).
//
//   begin ──> frames to send ──> handshake(frame)* ──> done: peer(), seal() and open() may be called
//
// An error of begin, handshake or open ends the link; the other side learns nothing but that. Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/secret.h"
#include "client/error.h"
#include "crypto/suite.h"
#include "identity/account_record.h"
#include "keys/key_holder.h"
#include "p2p/hello.h"

namespace pqc::p2p {

// The other side, as its user has to see it.
struct Peer {
  std::string name;
  std::string comparable;  // what both people compare: safety number, or fingerprints of this connection; may be empty
  std::string suite;       // of the ratchet
  std::string level;
  Bytes identity;  // what to pin: hash of its identity keys; empty where the name is not authenticated
};

class Encryptor {
 public:
  struct Step {
    std::vector<Bytes> frames;
    bool done = false;
  };

  virtual ~Encryptor() = default;
  // Fills in what this kind needs in our hello.
  virtual void describe(Hello& ours) const = 0;
  // Both hellos are exchanged; `ours` and `theirs` as they were sent.
  virtual client::Result<Step> begin(const Hellos& hellos) = 0;
  virtual client::Result<Step> handshake(ByteView frame) = 0;
  [[nodiscard]] virtual const Peer& peer() const = 0;
  virtual client::Result<Bytes> seal(ByteView content) = 0;
  // In memory of the encryptor's, until the next call.
  virtual client::Result<ByteView> open(ByteView sealed) = 0;
};

// Who we are. Everything outlives the encryptors that are made from it.
struct Party {
  std::string name;
  const identity::VerifiedRecord& record;
  keys::KeyHolder& keys;
  crypto::Level minimum_level;
  const Clock& clock;
  Rng& rng;
};

using EncryptorFactory = std::function<std::unique_ptr<Encryptor>()>;

struct EncryptionKind {
  std::string_view name;     // on the command line
  std::string_view label;    // wherever it is shown
  std::uint8_t code;         // in the hello
  bool quantum_safe;         // where not, the label says so
  std::string_view consent;  // the option without which it is refused; empty: none is needed
  client::Result<EncryptorFactory> (*prepare)(const Party& party);
};

}  // namespace pqc::p2p
