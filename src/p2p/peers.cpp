#include "p2p/peers.h"

#include <algorithm>

#include "base/log.h"
#include "client/files.h"
#include "identity/account_name.h"
#include "p2p/limits.h"
#include "p2p/local_identity.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

using client::Result;
using client::Status;

constexpr std::uint8_t version = 1;

bool parse_peer(wire::Reader& reader, KnownPeers& out) {
  const auto name = reader.opaque8(limits::name);
  const auto identity = reader.bytes(32);
  const auto level = reader.u8();
  const auto verified = reader.u8();
  if (!name || !identity || !level || !verified || *level < 1 || *level > 3 || *verified > 1) return false;
  if (!p2p_account(as_text(*name))) return false;
  return out
      .try_emplace(std::string(as_text(*name)),
                   KnownPeer{to_bytes(*identity), static_cast<crypto::Level>(*level), *verified == 1})
      .second;
}

}  // namespace

Bytes encode(const KnownPeers& peers) {
  Bytes out;
  wire::Writer writer(out);
  writer.u8(version);
  for (const auto& [name, peer] : peers)
    writer.opaque8(as_bytes(name))
        .bytes(peer.identity)
        .u8(static_cast<std::uint8_t>(peer.level))
        .u8(peer.verified ? 1 : 0);
  return out;
}

Result<KnownPeers> decode_peers(ByteView bytes) {
  const auto damaged = client::fail(ExitCode::damaged, "the file of known peers is damaged: restore it from a backup");
  wire::Reader reader(bytes);
  KnownPeers out;
  if (reader.u8() != version) return damaged;
  while (reader.remaining() > 0)
    if (out.size() == limits::known_peers || !parse_peer(reader, out)) return damaged;
  return out;
}

Result<KnownPeers> PeersFile::read() const {
  const auto content = client::read_private_file(file_, limits::peers_file);
  if (content) return decode_peers(content->view());
  if (content.error().code == ExitCode::missing) return KnownPeers();
  return std::unexpected(content.error());
}

Status PeersFile::write(const KnownPeers& peers) const {
  return client::write_private_file(file_, encode(peers));
}

Result<KnownPeer> PeersFile::meet(const Peer& peer) {
  auto all = read();
  if (!all) return client::pass(all);
  const auto level = crypto::parse_level(peer.level);
  if (!level) return client::fail(ExitCode::unexpected, "a peer without a level");
  const auto found = all->find(peer.name);
  if (found == all->end()) {
    if (all->size() == limits::known_peers)
      return client::fail(ExitCode::quota, "too many peers are known: pqc-chat identity forget NAME");
    const KnownPeer met{peer.identity, *level, false};
    all->emplace(peer.name, met);
    if (auto written = write(*all); !written) return client::pass(written);
    return met;
  }
  auto& known = found->second;
  if (known.identity != peer.identity)
    return client::fail(ExitCode::identity_changed,
                        "the keys of " + peer.name +
                            " are not the ones known here: this may be somebody else. Only if you are sure: pqc-chat "
                            "identity forget " +
                            peer.name);
  if (*level < known.level)
    return client::fail(ExitCode::level_refused, "the level with " + peer.name + " was " +
                                                     std::string(crypto::to_string(known.level)) +
                                                     " before, and does not go down");
  if (*level > known.level) {
    known.level = *level;
    if (auto written = write(*all); !written) return client::pass(written);
  }
  return known;
}

Status PeersFile::set_verified(const std::string& name, ByteView identity) {
  auto all = read();
  if (!all) return client::pass(all);
  const auto found = all->find(name);
  if (found == all->end()) return client::fail(ExitCode::unknown_peer, printable(name) + " is not known here");
  if (!std::ranges::equal(found->second.identity, identity))
    return client::fail(ExitCode::identity_changed, "other keys of " + printable(name) + " are known here by now");
  found->second.verified = true;
  return write(*all);
}

Status PeersFile::forget(const std::string& name) {
  auto all = read();
  if (!all) return client::pass(all);
  if (all->erase(name) == 0) return client::fail(ExitCode::unknown_peer, "'" + printable(name) + "' is not known here");
  return write(*all);
}

}  // namespace pqc::p2p
