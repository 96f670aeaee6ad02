// The primitives beneath MLS: what each costs, and how many of them an operation cannot do without (RFC 9420). Their
// sum is the floor that the operation is measured against.
#pragma once

#include <cstddef>
#include <functional>

#include "protocol/mls_public/suite.h"

namespace pqc::mls::benched {

// Microseconds of one call on so many bytes.
struct Cost {
  double call = 0;
  double per_byte = 0;
};

struct Costs {
  Cost sign, verify, hash, aead;
  double key_pair = 0;   // derived from a secret
  double hpke_seal = 0;  // to a public key: encapsulation, key schedule, a short plaintext
  double hpke_open = 0;
  double kdf = 0;  // one ExpandWithLabel
};

Costs measure_costs(const Suite& suite);

// Calls, and bytes where a call's cost hangs on them.
struct Count {
  double calls = 0;
  double bytes = 0;
};

struct Counts {
  Count sign, verify, hash, aead;
  double key_pairs = 0;
  double hpke_seals = 0;
  double hpke_opens = 0;
  double kdf = 0;

  [[nodiscard]] double sum(const Costs& costs) const;
};

// The mean processor time of a call, in microseconds: ML-DSA signs in another time at each call.
double mean_us(std::size_t calls, const std::function<void()>& call);
// The best of a few rounds of that: what else runs on the machine only adds. For what takes the same time at each call.
double best_us(std::size_t calls, const std::function<void()>& call);

}  // namespace pqc::mls::benched
