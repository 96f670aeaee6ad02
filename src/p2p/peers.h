// Whom this identity has met (docs/spec/p2p.md §10): name, hash of the identity keys, best level, whether the safety
// number was compared. Trust on first use, shown to the user; from then on other keys and lower levels are refused.
// One thread at a time; of two processes that write, the last one wins.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/bytes.h"
#include "client/error.h"
#include "crypto/suite.h"
#include "p2p/encryptor.h"

namespace pqc::p2p {

struct KnownPeer {
  Bytes identity;
  crypto::Level level{};
  bool verified = false;
  friend bool operator==(const KnownPeer&, const KnownPeer&) = default;
};

using KnownPeers = std::map<std::string, KnownPeer, std::less<>>;

[[nodiscard]] Bytes encode(const KnownPeers& peers);
// Error: damaged.
[[nodiscard]] client::Result<KnownPeers> decode_peers(ByteView bytes);

class PeersFile {
 public:
  explicit PeersFile(std::filesystem::path file) : file_(std::move(file)) {}

  // Errors: damaged, and those of the disk.
  [[nodiscard]] client::Result<KnownPeers> known() const { return read(); }
  // Remembers an authenticated peer; answers what is known of it. Errors: identity_changed, level_refused, quota.
  client::Result<KnownPeer> meet(const Peer& peer);
  // Errors: unknown_peer; identity_changed, for other keys than these.
  client::Status set_verified(const std::string& name, ByteView identity);
  // Error: unknown_peer.
  client::Status forget(const std::string& name);

 private:
  client::Result<KnownPeers> read() const;
  client::Status write(const KnownPeers& peers) const;

  std::filesystem::path file_;
};

}  // namespace pqc::p2p
