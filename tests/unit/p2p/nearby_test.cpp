// Being found on a local network: tags, names, and what strangers there may say (docs/spec/p2p.md §16).
#include "p2p/nearby.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "p2p/limits.h"

namespace pqc::p2p {
namespace {

const Bytes bob(32, 1);
const Bytes eve(32, 2);
const Address here{"192.0.2.7", 60973};

KnownPeers known() {
  return {{"bob", {.identity = bob, .level = crypto::Level::quantum_resistant, .verified = true}}};
}

class Nearby : public testing::Test {
 protected:
  std::vector<std::string> texts_of(const Bytes& identity) { return to_texts(make_tag(rng, identity)); }

  crypto::SeededRng rng{1};
  NearbyPeers peers{known()};
};

TEST_F(Nearby, WhoKnowsAnIdentityFindsItByItsTag) {
  peers.add("laptop", texts_of(bob), here);
  peers.add("phone", texts_of(eve), here);
  EXPECT_EQ(peers.all().at("laptop").known_as, "bob");
  EXPECT_EQ(peers.all().at("laptop").identity, bob);
  EXPECT_TRUE(peers.all().at("phone").known_as.empty());
  EXPECT_EQ(peers.find("bob")->addresses, std::vector<Address>{here});
  EXPECT_TRUE(peers.find("phone")->identity.empty());
}

TEST_F(Nearby, StrangersGiveWayToWhoIsKnown) {
  for (std::size_t i = 0; i < 2 * limits::nearby_peers; ++i) peers.add("s" + std::to_string(i), texts_of(eve), here);
  EXPECT_EQ(peers.all().size(), limits::nearby_peers);
  for (std::size_t i = 0; i < 2 * limits::nearby_peers; ++i) peers.add("b" + std::to_string(i), texts_of(bob), here);
  EXPECT_EQ(peers.all().size(), limits::nearby_peers);
  EXPECT_TRUE(peers.find("bob"));
  const auto bobs = [](const auto& each) { return each.second.known_as == "bob"; };
  EXPECT_EQ(std::ranges::count_if(peers.all(), bobs), static_cast<std::ptrdiff_t>(limits::candidates));
}

TEST_F(Nearby, TwoAnnouncementsOfOneIdentityHaveNothingInCommon) {
  const auto first = texts_of(bob);
  const auto second = texts_of(bob);
  EXPECT_EQ(first[0], second[0]);
  EXPECT_NE(first[1], second[1]);
  EXPECT_NE(first[2], second[2]);
}

TEST_F(Nearby, TextsComeBackAndDamagedOnesDoNot) {
  const auto texts = texts_of(bob);
  ASSERT_TRUE(parse_texts(texts));
  EXPECT_TRUE(is_of(*parse_texts(texts), bob));
  EXPECT_FALSE(is_of(*parse_texts(texts), eve));
  EXPECT_FALSE(parse_texts({}));
  for (std::size_t left_out = 0; left_out < texts.size(); ++left_out) {
    auto damaged = texts;
    damaged[left_out].pop_back();
    EXPECT_FALSE(parse_texts(damaged)) << damaged[left_out];
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(left_out));
    EXPECT_FALSE(parse_texts(damaged));
  }
}

TEST_F(Nearby, NoAnnouncementTakesTheNameOfSomebodyKnown) {
  peers.add("bob", texts_of(eve), here);
  EXPECT_FALSE(peers.find("bob"));
  peers.add("laptop", texts_of(bob), here);
  EXPECT_EQ(peers.find("bob")->identity, bob);
}

// Whoever repeats a tag is in the way at most: the chat takes the identity only.
TEST_F(Nearby, ARepeatedTagHidesNobody) {
  const auto texts = texts_of(bob);
  peers.add("a mirror", texts, {"192.0.2.66", 1});
  peers.add("laptop", texts, here);
  EXPECT_EQ(peers.find("bob")->addresses, (std::vector<Address>{{"192.0.2.66", 1}, here}));
}

TEST_F(Nearby, AnnouncementsThatRepeatATagCrowdNobodyOut) {
  const auto texts = texts_of(bob);
  for (std::uint16_t port = 1; port <= limits::candidates; ++port) peers.add("a mirror", texts, {"192.0.2.66", port});
  peers.add("laptop", texts, here);
  const auto two = peers.find("bob")->addresses;
  EXPECT_EQ(two.size(), limits::candidates);
  EXPECT_EQ(two[1], here);
  for (std::size_t i = 0; i < 2 * limits::candidates; ++i) {
    peers.add("a mirror " + std::to_string(i), texts, {"192.0.2.67", static_cast<std::uint16_t>(i + 1)});
    peers.add("a copy " + std::to_string(i), texts, {"192.0.2.66", 1});
  }
  const auto many = peers.find("bob")->addresses;
  EXPECT_EQ(std::ranges::count(many, here), 1);
  EXPECT_EQ(std::ranges::count(many, Address{"192.0.2.66", 1}), 1);
}

TEST_F(Nearby, ANameStaysWithTheOneWhoseTagItHad) {
  peers.add("laptop", texts_of(bob), here);
  peers.add("laptop", texts_of(eve), {"192.0.2.66", 1});
  EXPECT_EQ(peers.all().at("laptop").addresses, std::vector<Address>{here});
  // The same one, with another salt.
  peers.add("laptop", texts_of(bob), {"192.0.2.8", 1});
  EXPECT_EQ(peers.find("bob")->addresses.size(), 2U);
  peers.add("phone", texts_of(eve), {"192.0.2.66", 1});
  peers.add("phone", texts_of(bob), here);
  EXPECT_TRUE(peers.all().at("phone").known_as.empty());
  EXPECT_EQ(peers.all().at("phone").addresses.size(), 1U);
}

TEST_F(Nearby, Threat22WhatStrangersSayIsBounded) {
  for (std::size_t i = 0; i < 2 * limits::nearby_peers; ++i)
    peers.add("name " + std::to_string(i), texts_of(eve), here);
  EXPECT_EQ(peers.all().size(), limits::nearby_peers);
  for (std::uint16_t port = 1; port < 100; ++port) peers.add("name 0", texts_of(eve), {"192.0.2.7", port});
  EXPECT_EQ(peers.all().at("name 0").addresses.size(), limits::candidates);
}

TEST_F(Nearby, NamesThatATerminalWouldObeyAreNotTaken) {
  for (const std::string name : {"", "two\nlines", "\x1b[2J", "\x7f",
                                 "\xc2\x9b"
                                 "2J",
                                 "\xff"}) {
    peers.add(name, texts_of(eve), here);
    EXPECT_FALSE(check_nearby_name(name));
  }
  peers.add(std::string(limits::nearby_name + 1, 'a'), texts_of(eve), here);
  EXPECT_TRUE(peers.all().empty());
  EXPECT_TRUE(check_nearby_name("J\xc3\xb6rg's laptop"));
  EXPECT_TRUE(check_nearby_name(make_nearby_name(rng)));
}

}  // namespace
}  // namespace pqc::p2p
