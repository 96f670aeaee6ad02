// The part of a profile that direct chats use: a folder of its own, `p2p`, so that it stands beside an account at a
// server without touching it (docs/spec/p2p.md §1).
//
//   p2p/keys/     the key agent's vault of this identity
//   p2p/identity  its name and signed record
//   p2p/peers     whom it has met
//
// Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "client/keys/agent_keys.h"
#include "client/profile.h"
#include "p2p/encryptor.h"
#include "p2p/local_identity.h"
#include "p2p/peers.h"

namespace pqc::p2p {

class Profile {
 public:
  // Suites by name; none stands for `pq`. Without a passphrase the keys open unattended. Errors: usage (no such suite),
  // and those of LocalIdentity::create.
  static client::Result<Profile> create(const client::ProfilePaths& profile, std::string_view name,
                                        std::span<const std::string> suites,
                                        const std::optional<SecretBytes>& passphrase);
  static client::Result<Profile> open(const client::ProfilePaths& profile, const client::AskPassphrase& ask);
  // Needs no keys.
  static PeersFile peers_of(const client::ProfilePaths& profile);

  [[nodiscard]] const LocalIdentity& identity() const { return identity_; }
  [[nodiscard]] PeersFile& peers() { return peers_; }
  [[nodiscard]] std::vector<std::string> suites() const;
  // Us in a chat, at this level or better: "standard", "enhanced", "quantum-resistant"; empty stands for the last.
  // Error: usage. The profile outlives it.
  [[nodiscard]] client::Result<Party> party(std::string_view minimum_level);

 private:
  Profile(std::unique_ptr<client::AgentKeys> keys, LocalIdentity identity, PeersFile peers)
      : keys_(std::move(keys)), identity_(std::move(identity)), peers_(std::move(peers)) {}

  std::unique_ptr<client::AgentKeys> keys_;
  LocalIdentity identity_;
  PeersFile peers_;
};

}  // namespace pqc::p2p
