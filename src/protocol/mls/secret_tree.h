// The secret tree of an epoch and the two ratchets of each sender (RFC 9420 §9).
//
// A key comes out twice over: look_up() derives it on the side, and nothing is changed until accept() takes the result,
// after the message was authenticated. The first message of a sender costs O(log n) derivations, later ones three a
// generation. Each key is given out once; consumed secrets are erased (§9.2). One thread at a time.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/mls/kdf.h"
#include "protocol/mls_public/tree_math.h"

namespace pqc::mls {

struct KeyNonce {
  SecretBytes key;
  SecretBytes nonce;
};

// Handshake messages and application messages have a ratchet each.
enum class RatchetKind : std::uint8_t { handshake = 0, application = 1 };

struct HashRatchet {
  SecretBytes secret;  // of `next`
  Generation next;     // not given out yet
  std::map<std::uint32_t, KeyNonce> skipped;
};

struct SenderRatchets {
  HashRatchet ratchets[2];
};

class SecretTree {
 public:
  SecretTree() = default;
  SecretTree(const Suite& suite, std::uint32_t width, SecretBytes encryption_secret);

  // A key, and the change that giving it out makes.
  struct Candidate {
    LeafIndex leaf;
    RatchetKind kind{};
    Generation generation;
    KeyNonce keys;
    bool was_skipped = false;
    SecretBytes next_secret;
    std::vector<std::pair<std::uint32_t, KeyNonce>> newly_skipped;
    // The sender's first message: both ratchets, and nodes beside the path to its leaf.
    std::optional<SenderRatchets> fresh;
    std::vector<std::pair<std::uint32_t, SecretBytes>> siblings;
  };
  // Errors: replayed, limit (a jump beyond max_generation_jump), refused (no such leaf), backend.
  [[nodiscard]] Result<Candidate> look_up(LeafIndex leaf, RatchetKind kind, Generation generation) const;
  // The next key of our own.
  [[nodiscard]] Result<Candidate> look_up_next(LeafIndex leaf, RatchetKind kind) const;
  void accept(Candidate candidate);

  // For the state encoding.
  struct Parts {
    std::uint32_t width = 0;
    std::map<std::uint32_t, SecretBytes> nodes;
    std::map<std::uint32_t, SenderRatchets> senders;
  };
  [[nodiscard]] const Parts& parts() const { return parts_; }
  static SecretTree from_parts(const Suite& suite, Parts parts);

 private:
  [[nodiscard]] Result<void> derive_leaf(LeafIndex leaf, Candidate& out) const;
  [[nodiscard]] Result<void> advance(const HashRatchet& from, Candidate& out) const;

  const Suite* suite_ = nullptr;
  Parts parts_;
};

}  // namespace pqc::mls
