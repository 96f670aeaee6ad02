#include "p2p/nearby.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "client/messages/content.h"
#include "crypto/hash.h"
#include "p2p/labels.h"
#include "p2p/limits.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

// RFC 6763 §6.7: the version of the texts.
constexpr std::string_view version = "txtvers=1";
constexpr std::string_view salt_key = "salt=";
constexpr std::string_view tag_key = "tag=";

std::array<std::uint8_t, 16> tag_of(ByteView salt, ByteView identity) {
  Bytes text;
  wire::Writer(text).opaque8(as_bytes(labels::nearby)).bytes(salt).bytes(identity);
  const auto hash = crypto::sha256(text);
  std::array<std::uint8_t, 16> out{};
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

// The value of the first string with this key, in hexadecimal digits (RFC 6763 §6.4: keys ignore case, ours are low).
template <std::size_t N>
bool take(std::span<const std::string> texts, std::string_view key, std::array<std::uint8_t, N>& out) {
  const auto found = std::ranges::find_if(texts, [key](const auto& text) { return text.starts_with(key); });
  if (found == texts.end()) return false;
  const auto value = from_hex(std::string_view(*found).substr(key.size()));
  if (!value || value->size() != N) return false;
  std::ranges::copy(*value, out.begin());
  return true;
}

}  // namespace

NearbyTag make_tag(Rng& rng, ByteView identity) {
  NearbyTag out{.salt = rng.bytes<8>(), .tag = {}};
  out.tag = tag_of(out.salt, identity);
  return out;
}

bool is_of(const NearbyTag& tag, ByteView identity) {
  return tag_of(tag.salt, identity) == tag.tag;
}

std::vector<std::string> to_texts(const NearbyTag& tag) {
  return {std::string(version), std::string(salt_key) + to_hex(tag.salt), std::string(tag_key) + to_hex(tag.tag)};
}

std::optional<NearbyTag> parse_texts(std::span<const std::string> texts) {
  NearbyTag out;
  if (std::ranges::find(texts, version) == texts.end() || !take(texts, salt_key, out.salt) ||
      !take(texts, tag_key, out.tag))
    return std::nullopt;
  return out;
}

client::Status check_nearby_name(std::string_view name) {
  if (!name.empty() && name.size() <= limits::nearby_name && client::is_utf8(name) && printable(name) == name)
    return {};
  return client::fail(ExitCode::invalid_name, "a name to be found by has 1 to " + std::to_string(limits::nearby_name) +
                                                  " bytes of UTF-8, without control characters");
}

std::string make_nearby_name(Rng& rng) {
  return "pqc-chat " + to_hex(rng.bytes<4>());
}

// Strangers, of whom anybody can announce as many as fit, give way to people who are known; and of one of those, whose
// announcement can be repeated under other names, there are no more than are tried.
bool NearbyPeers::make_room(const std::string& known_as) {
  const auto is_of_that_one = [&](const auto& each) { return each.second.known_as == known_as; };
  if (known_as.empty() || std::cmp_greater_equal(std::ranges::count_if(peers_, is_of_that_one), limits::candidates))
    return false;
  const auto stranger = std::ranges::find_if(peers_, [](const auto& each) { return each.second.known_as.empty(); });
  if (stranger == peers_.end()) return false;
  peers_.erase(stranger);
  return true;
}

void NearbyPeers::add(const std::string& name, std::span<const std::string> texts, const Address& address) {
  const auto tag = parse_texts(texts);
  if (!tag || !check_nearby_name(name)) return;
  const auto known = std::ranges::find_if(known_, [&](const auto& each) { return is_of(*tag, each.second.identity); });
  const auto known_as = known == known_.end() ? std::string() : known->first;
  auto found = peers_.find(name);
  if (found == peers_.end()) {
    if (peers_.size() >= limits::nearby_peers && !make_room(known_as)) return;
    const auto identity = known == known_.end() ? Bytes() : known->second.identity;
    found = peers_.emplace(name, NearbyPeer{name, known_as, identity, {}}).first;
  }
  auto& peer = found->second;
  if (peer.known_as != known_as) return;
  if (peer.addresses.size() < limits::candidates && std::ranges::find(peer.addresses, address) == peer.addresses.end())
    peer.addresses.push_back(address);
}

std::optional<NearbyPeer> NearbyPeers::find(std::string_view name) const {
  if (known_.contains(name)) return find_known(name);
  const auto found = peers_.find(std::string(name));
  return found == peers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<NearbyPeer> NearbyPeers::find_known(std::string_view name) const {
  std::vector<const NearbyPeer*> named;
  for (const auto& [announced, peer] : peers_)
    if (peer.known_as == name) named.push_back(&peer);
  if (named.empty()) return std::nullopt;
  NearbyPeer out{named.front()->name, named.front()->known_as, named.front()->identity, {}};
  const auto most = std::max(limits::candidates, named.size());
  for (std::size_t turn = 0; turn < limits::candidates; ++turn)
    for (const auto* peer : named)
      if (turn < peer->addresses.size() && out.addresses.size() < most &&
          !std::ranges::contains(out.addresses, peer->addresses[turn]))
        out.addresses.push_back(peer->addresses[turn]);
  return out;
}

}  // namespace pqc::p2p
