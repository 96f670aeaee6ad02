// A frozen conversation: the bytes on the wire and the stored state are those of version 1 (data/ratchet-v1.txt says
// how its lines were made). A change of the format shows here; it needs a new version number, not new data.
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "support.h"

namespace pqc::ratchet {
namespace {

using namespace testing;

struct Line {
  std::uint16_t suite = 0;
  std::string messages;
  std::string acks;
  std::string alice;
  std::string bob;
};

// The conversation of the data file.
Line replay(const crypto::Suite& suite) {
  crypto::SeededRng rng(crypto::number(suite.id));
  auto [alice, bob] = make_pair(suite, rng);
  alice.records = {1, 2};
  bob.records = {3, 4};
  Bytes messages;
  Bytes acks;
  for (int turn = 0; turn < 4; ++turn) {
    auto& from = turn % 2 == 0 ? alice : bob;
    auto& to = turn % 2 == 0 ? bob : alice;
    for (int i = 0; i < 3; ++i) {
      const auto message = from.send("turn " + std::to_string(turn) + " message " + std::to_string(i), rng);
      append(messages, message.bytes);
      append(acks, message.ack);
      if (i == 1) continue;
      EXPECT_TRUE(to.receive(message));
    }
  }
  const auto digest = [](ByteView bytes) { return to_hex(crypto::sha256(bytes)); };
  return {crypto::number(suite.id), digest(messages), digest(acks), digest(alice.state()), digest(bob.state())};
}

TEST(Vector, ConversationIsByteForByteThatOfVersion1) {
  std::ifstream file(PQC_RATCHET_DATA "/ratchet-v1.txt");
  ASSERT_TRUE(file);
  int checked = 0;
  for (std::string text; std::getline(file, text);) {
    if (text.empty() || text[0] == '#') continue;
    std::istringstream in(text);
    Line expected;
    in >> expected.suite >> expected.messages >> expected.acks >> expected.alice >> expected.bob;
    const auto* suite = crypto::find_suite(expected.suite);
    if (suite == nullptr) continue;
    const auto actual = replay(*suite);
    EXPECT_EQ(actual.messages, expected.messages) << "suite " << actual.suite;
    EXPECT_EQ(actual.acks, expected.acks) << "suite " << actual.suite;
    EXPECT_EQ(actual.alice, expected.alice) << "suite " << actual.suite;
    EXPECT_EQ(actual.bob, expected.bob) << "suite " << actual.suite;
    ++checked;
  }
  EXPECT_GE(checked, 3);
}

}  // namespace
}  // namespace pqc::ratchet
