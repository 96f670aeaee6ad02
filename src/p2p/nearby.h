// What people on one local network tell of themselves by DNS-SD (docs/spec/p2p.md §16). It proves nothing: a tag only
// says whom to expect, and the chat that follows proves it or refuses. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "p2p/address.h"
#include "p2p/peers.h"

namespace pqc::p2p {

inline constexpr std::string_view nearby_service = "_pqc-chat._udp";

// By which those who know an identity find it, and who does not know it cannot tell two announcements of it from those
// of two people.
struct NearbyTag {
  std::array<std::uint8_t, 8> salt{};
  std::array<std::uint8_t, 16> tag{};
};
[[nodiscard]] NearbyTag make_tag(Rng& rng, ByteView identity);
[[nodiscard]] bool is_of(const NearbyTag& tag, ByteView identity);

// The strings of the TXT record. Nothing: not of this version, or damaged.
[[nodiscard]] std::vector<std::string> to_texts(const NearbyTag& tag);
[[nodiscard]] std::optional<NearbyTag> parse_texts(std::span<const std::string> texts);

// What others are shown: at most limits::nearby_name bytes of UTF-8 without control characters. Error: invalid_name.
client::Status check_nearby_name(std::string_view name);
// One that says nothing, for who has chosen none.
[[nodiscard]] std::string make_nearby_name(Rng& rng);

struct NearbyPeer {
  std::string name;      // as announced, a stranger's bytes
  std::string known_as;  // whose tag it is; empty: nobody's whom we know
  Bytes identity;        // of that one
  std::vector<Address> addresses;
};

// Collects what comes, within limits::nearby_peers and limits::candidates.
class NearbyPeers {
 public:
  explicit NearbyPeers(KnownPeers known) : known_(std::move(known)) {}

  // Nothing, where the name was announced already and this tag is not of the same one as that.
  void add(const std::string& name, std::span<const std::string> texts, const Address& address);
  [[nodiscard]] const std::map<std::string, NearbyPeer>& all() const { return peers_; }
  // Somebody known by their own name, which no announcement can take; else by that of an announcement. Of the former
  // there may be several: whoever repeats another's tag is one of them. Their addresses come together, one of each in
  // turn: up to limits::candidates, and at least one of each, so that none crowds the others out.
  [[nodiscard]] std::optional<NearbyPeer> find(std::string_view name) const;

 private:
  bool make_room(const std::string& known_as);
  [[nodiscard]] std::optional<NearbyPeer> find_known(std::string_view name) const;

  KnownPeers known_;
  std::map<std::string, NearbyPeer> peers_;
};

}  // namespace pqc::p2p
