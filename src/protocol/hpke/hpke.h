// HPKE (RFC 9180), base and authenticated mode, with the KDFs in one stage of draft-ietf-hpke-hpke-02.
//
// A Context encrypts or decrypts a sequence of messages, or exports secrets. Pure: randomness comes in as an argument.
// A message that does not open leaves the context as it was. A context serves one thread at a time.
#pragma once

#include <cstdint>

#include "crypto/aead.h"
#include "protocol/hpke/error.h"
#include "protocol/hpke/kdf.h"
#include "protocol/hpke/kem.h"

namespace pqc::hpke {

struct Suite {
  Kem kem;
  Kdf kdf;
  crypto::AeadAlg aead;
};

// The number of the registry "HPKE AEAD Identifiers".
constexpr std::uint16_t aead_id(crypto::AeadAlg alg) {
  return static_cast<std::uint16_t>(static_cast<std::uint16_t>(alg) + 1);
}

// RFC 9180 §5.2: the highest sequence number is far above what any caller sends.
inline constexpr std::uint64_t max_messages = std::uint64_t{1} << 48;

// The `info` of RFC 9180, prepared for one suite. Whoever seals to many with the same long info hashes it once.
class Info {
 public:
  // The info is `info` ‖ `rest`: long bytes need no copy behind short ones.
  static Result<Info> prepare(const Suite& suite, ByteView info, ByteView rest = {});

 private:
  friend class Context;
  explicit Info(Bytes bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes_;  // two stages: psk_id_hash ‖ info_hash; one stage: the info as it is
};

class Context {
 public:
  // RFC 9180 §5.1, KeySchedule in mode base (`authenticated` false) or auth. `info` was prepared for this suite.
  static Result<Context> make(const Suite& suite, bool authenticated, ByteView shared_secret, const Info& info);

  Result<Bytes> seal(ByteView aad, ByteView plaintext);
  Result<Bytes> open(ByteView aad, ByteView ciphertext);
  // RFC 9180 §5.3.
  [[nodiscard]] Result<SecretBytes> export_secret(ByteView exporter_context, std::size_t length) const;

 private:
  explicit Context(const Suite& suite) : suite_(suite) {}
  [[nodiscard]] Bytes nonce() const;

  Suite suite_;
  SecretBytes key_;
  SecretBytes base_nonce_;
  SecretBytes exporter_secret_;
  std::uint64_t sequence_ = 0;
};

struct Sender {
  Bytes output;  // enc, for the recipient
  Context context;
};

Result<Sender> setup_base_sender(const Suite& suite, ByteView public_key, ByteView info, Rng& rng);
Result<Context> setup_base_recipient(const Suite& suite, const KeyPair& pair, ByteView output, ByteView info);
Result<Sender> setup_auth_sender(const Suite& suite, ByteView public_key, ByteView info, const KeyPair& sender,
                                 Rng& rng);
Result<Context> setup_auth_recipient(const Suite& suite, const KeyPair& pair, ByteView output, ByteView info,
                                     ByteView sender_public);

struct Sealed {
  Bytes output;
  Bytes ciphertext;
};

// RFC 9180 §6.1, SealBase and OpenBase.
Result<Sealed> seal_base(const Suite& suite, ByteView public_key, ByteView info, ByteView aad, ByteView plaintext,
                         Rng& rng);
Result<Sealed> seal_base(const Suite& suite, ByteView public_key, const Info& info, ByteView aad, ByteView plaintext,
                         Rng& rng);
Result<SecretBytes> open_base(const Suite& suite, const KeyPair& pair, ByteView output, ByteView info, ByteView aad,
                              ByteView ciphertext);
Result<SecretBytes> open_base(const Suite& suite, const KeyPair& pair, ByteView output, const Info& info, ByteView aad,
                              ByteView ciphertext);

}  // namespace pqc::hpke
