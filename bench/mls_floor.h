// The primitives beneath MLS: how many of them an operation cannot do without (RFC 9420), and their run, which the
// operation is measured against.
//
// What is run is what OpenSSL does, on as many bytes as the operation must put through it: no labels, no encoding and
// no structures of ours. Signatures are of Ed25519 or ML-DSA-87, the schemes of the suites that are measured.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include "crypto/signature.h"
#include "protocol/hpke/hpke.h"
#include "protocol/mls_public/suite.h"

namespace pqc::mls::benched {

// Calls, and bytes where a call's cost hangs on them.
struct Count {
  double calls = 0;
  double bytes = 0;
};

struct Counts {
  Count sign;
  Count verify;  // each with the decoding of its key
  Count hash;
  Count aead;
  double key_pairs = 0;   // derived from a secret
  double hpke_seals = 0;  // to a public key: encapsulation, key schedule, a short plaintext
  double hpke_opens = 0;
  double kdf = 0;  // HKDF-Expand or -Extract
};

// Runs them all, once a call of run(). Calls of a kind get equal shares of the bytes.
class Floor {
 public:
  Floor(const Suite& suite, const Counts& counts);
  void run();

 private:
  struct Signed {
    Bytes key;
    Bytes signature;
  };
  void sign();
  void verify() const;
  void hash();
  void aead();
  void keys() const;

  const Suite& suite_;
  Counts counts_;
  crypto::SignatureAlg alg_;
  crypto::SignaturePrivateKey signer_;
  std::vector<Signed> signed_;
  Bytes text_, sealed_;
  std::size_t hashed_to_ = 0;  // hashing walks through the text, as the operation through its messages
  hpke::KeyPair pair_;
  hpke::Info info_;
  hpke::Sealed sent_;
};

// Microseconds of processor time.
struct Measured {
  double time = 0;   // the median of the operation
  double ratio = 0;  // the median of the operation's time over the primitives', each pair taken side by side
};

// Runs the operation and its primitives by turns, so that whatever else the machine does hits both. The operation is
// called `most` times at most, the first of them to warm up. `needed` is how much of the operation's time is measured,
// in microseconds; ML-DSA signs in another time at each call, and needs more.
Measured measure(const std::function<void()>& operation, Floor& floor, double needed,
                 std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace pqc::mls::benched
