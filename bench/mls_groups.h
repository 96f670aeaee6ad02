// Groups to measure: of any size, with a full tree, whose first and last member are real.
//
// All key packages are real, and one commit makes the group of them. That every parent has a key, other members would
// have to commit, one half of them; in their place the public side of their commits is made here, with keys of the
// right form that nobody holds. Leaves, signatures and hashes are what they would be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>

#include "protocol/mls/group_state.h"

namespace pqc::mls::benched {

// The processor time of this process, in microseconds.
double processor_us();

class AcceptAll final : public CredentialPolicy {
 public:
  bool accepts(const Credential&, ByteView) const override { return true; }
  bool accepts_successor(const Credential&, const Credential&) const override { return true; }
  // As long as the product's: account and device (docs/spec/mls.md §3).
  Bytes client_of(const Credential& credential, ByteView) const override {
    return to_bytes(ByteView(credential.identity).first(std::min(credential.identity.size(), client_size)));
  }

 private:
  static constexpr std::size_t client_size = 64;
};
class NoPsks final : public PskStore {
 public:
  std::optional<SecretBytes> external(ByteView) const override { return std::nullopt; }
  std::optional<SecretBytes> resumption(ByteView, Epoch) const override { return std::nullopt; }
};

// What all of the benchmark uses.
const Environment& environment();
// A credential as long as the product's where the suite is the product's.
Identity identity(const Suite& suite, std::size_t number, Rng& rng);

inline constexpr Lifetime forever{0, max_lifetime};

struct Sample {
  Group creator;            // the first leaf
  Group last;               // the last leaf, in the same epoch
  KeyPackageBundle newest;  // of nobody in the group
  Bytes welcome;            // for `newest`
};

// `size` is 2 at least. Before the creator's commit that adds all others is made, `look` may make it too.
using Look = std::function<void(Group& creator, const CommitOptions& all)>;
Sample make_sample(const Suite& suite, std::size_t size, const Look& look);

}  // namespace pqc::mls::benched
