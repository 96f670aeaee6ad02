// What direct chats read from outside: addresses, hellos, contents, the file of known peers.
#include <gtest/gtest.h>

#include "p2p/address.h"
#include "p2p/content.h"
#include "p2p/hello.h"
#include "p2p/peers.h"
#include "support/temporary_folder.h"
#include "wire/padding.h"

namespace pqc::p2p {
namespace {

TEST(P2pAddress, TakesNamesAndBothFamilies) {
  for (const std::string text : {"example.org:1", "192.0.2.7:65535", "[2001:db8::1]:60973"}) {
    const auto address = parse_address(text, false);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(to_text(*address), text);
  }
  EXPECT_EQ(parse_address("[::1]:8", false)->host, "::1");
  EXPECT_EQ(parse_address("localhost:0", true)->port, 0);
}

TEST(P2pAddress, RefusesWhatIsNone) {
  for (const auto* text :
       {"", ":", ":1", "a", "a:", "a:0", "a:65536", "a:-1", "a:1x", "2001:db8::1:80", "[a]:1", "[::1]", "[::1:1"})
    EXPECT_FALSE(parse_address(text, false)) << text;
}

Hello a_hello() {
  return {.role = Role::initiator,
          .encryption = 1,
          .minimum_level = crypto::Level::enhanced,
          .nonce = {1, 2, 3},
          .name = "alice",
          .record = Bytes(9000, 7),
          .key = Bytes(400, 8)};
}

TEST(P2pHello, ComesBackAsItWas) {
  EXPECT_EQ(decode_hello(encode(a_hello())).value(), a_hello());
}

TEST(P2pHello, RefusesEveryCutAndWhatFollows) {
  const auto whole = encode(a_hello());
  for (std::size_t size = 0; size < whole.size(); size += size < 64 ? 1 : 97)
    EXPECT_FALSE(decode_hello(ByteView(whole).first(size))) << size;
  auto longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(decode_hello(longer));
}

TEST(P2pHello, RefusesNamesThatCannotBeShown) {
  for (const auto* name : {"", "Alice", "a b", "\x1b[2J", "alice@x"}) {
    auto hello = a_hello();
    hello.name = name;
    EXPECT_FALSE(decode_hello(encode(hello))) << name;
  }
  auto level = a_hello();
  level.minimum_level = static_cast<crypto::Level>(4);
  EXPECT_FALSE(decode_hello(encode(level)));
}

TEST(P2pContent, ComesBackAsItWas) {
  const std::vector<Content> all{Text{{1, 2}, {1'700'000'000'000}, "hello"},
                                 Acknowledgement{{9}},
                                 Ping{7},
                                 Pong{8},
                                 Goodbye{},
                                 FileOffer{{1}, 5, "a file.txt"},
                                 FileAnswer{{1}, true},
                                 FileChunk{{1}, 7, {1, 2}},
                                 FileEnd{{1}, {3}}};
  for (const auto& content : all) EXPECT_EQ(decode_content(encode(content)).value(), content);
}

TEST(P2pContent, RefusesFilesThatBreakARule) {
  for (const std::string name : {"", ".", "..", ".profile", "a/b", "/etc/passwd", "a\nb", "\x1b[2J", "\xff", "a\x7f"}) {
    EXPECT_FALSE(is_file_name(name)) << name;
    EXPECT_FALSE(decode_content(encode(FileOffer{{}, 1, name}))) << name;
  }
  EXPECT_FALSE(decode_content(encode(FileOffer{{}, 1, std::string(201, 'x')})));
  EXPECT_FALSE(decode_content(encode(FileOffer{{}, (std::uint64_t{1} << 40) + 1, "x"})));
  EXPECT_FALSE(decode_content(encode(FileChunk{{}, 0, {}})));
  EXPECT_FALSE(decode_content(encode(FileChunk{{}, 0, Bytes(64'001)})));
}

TEST(P2pContent, RefusesBadTextAndUnpadded) {
  EXPECT_FALSE(decode_content(encode(Text{{}, {}, "\xff"})));
  EXPECT_FALSE(decode_content(encode(Text{{}, {}, ""})));
  EXPECT_FALSE(decode_content(encode(Text{{}, {}, std::string(70'000, 'x')})));
  EXPECT_FALSE(decode_content({}));
  Bytes trailing;
  wire::pad(Bytes{5, 0}, trailing);
  EXPECT_FALSE(decode_content(trailing));
}

TEST(P2pContent, PassesOverNewerKinds) {
  Bytes newer;
  wire::pad(Bytes{200, 1, 2, 3}, newer);
  EXPECT_EQ(decode_content(newer).value(), Content(Unknown{}));
}

Peer bob(std::uint8_t identity, std::string level = "QUANTUM_RESISTANT") {
  return {.name = "bob", .comparable = "1", .suite = "pq", .level = std::move(level), .identity = Bytes(32, identity)};
}

TEST(P2pPeers, RemembersAndRefusesOtherKeys) {
  const test::TemporaryFolder folder;
  PeersFile peers(folder.path("peers"));
  EXPECT_FALSE(peers.meet(bob(1))->verified);
  EXPECT_EQ(peers.set_verified("bob", bob(2).identity).error().code, ExitCode::identity_changed);
  EXPECT_FALSE(peers.meet(bob(1))->verified);
  ASSERT_TRUE(peers.set_verified("bob", bob(1).identity));
  EXPECT_TRUE(peers.meet(bob(1))->verified);
  EXPECT_EQ(peers.meet(bob(2)).error().code, ExitCode::identity_changed);
  ASSERT_TRUE(peers.forget("bob"));
  EXPECT_FALSE(peers.meet(bob(2))->verified);
  EXPECT_EQ(peers.forget("carol").error().code, ExitCode::unknown_peer);
}

TEST(P2pPeers, Threat9TheLevelDoesNotGoDown) {
  const test::TemporaryFolder folder;
  PeersFile peers(folder.path("peers"));
  ASSERT_TRUE(peers.meet(bob(1, "ENHANCED")));
  ASSERT_TRUE(peers.meet(bob(1, "QUANTUM_RESISTANT")));
  EXPECT_EQ(peers.meet(bob(1, "ENHANCED")).error().code, ExitCode::level_refused);
}

TEST(P2pPeers, RefusesEveryCut) {
  const KnownPeers known{{"bob", {Bytes(32, 1), crypto::Level::enhanced, true}}};
  const auto whole = encode(known);
  EXPECT_EQ(decode_peers(whole).value(), known);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(decode_peers(ByteView(whole).first(size)).has_value(), size == 1) << size;
}

}  // namespace
}  // namespace pqc::p2p
