// The sealed channel between the two devices (docs/spec/devices.md §8). Its keys come from an X-Wing encapsulation to
// the guest's ephemeral key and from the secret of the code: who lacks either can neither read nor write.
//
// Each step of the protocol has one message, one sender and one nonce. For this folder's .cpp files and tests.
#pragma once

#include <cstdint>

#include "base/rng.h"
#include "base/secret.h"
#include "protocol/hpke/hpke.h"
#include "protocol/linking/code.h"
#include "protocol/linking/error.h"

namespace pqc::linking {

enum class Step : std::uint8_t { invitation = 1, answer = 2, record = 3, confirmation = 4 };

class Channel {
 public:
  struct Opened;

  // The host's, with the encapsulation for the guest.
  static Result<Opened> to_guest(const Code& code, ByteView public_key, Rng& rng);
  static Result<Channel> of_guest(const Code& code, const hpke::KeyPair& pair, ByteView encapsulation);

  [[nodiscard]] Result<Bytes> seal(Step step, ByteView plaintext) const;
  [[nodiscard]] Result<Bytes> open(Step step, ByteView sealed) const;

 private:
  Channel() = default;
  static Result<Channel> from(const Code& code, const hpke::Context& context);
  [[nodiscard]] ByteView key(Step step) const;

  SecretBytes keys_;  // the host's, then the guest's
};

struct Channel::Opened {
  Bytes encapsulation;
  Channel channel;
};

hpke::Suite hpke_suite();

}  // namespace pqc::linking
