// STUN messages: the sample responses of RFC 5769 §2.2 and §2.3, and what is not an answer.
#include "p2p/stun.h"

#include <gtest/gtest.h>

namespace pqc::p2p::stun {
namespace {

constexpr TransactionId id{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

const Bytes sample_v4 = *from_hex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd"
    "9e"
    "90c38c7489f92af9ba53f06be7d780280004c07d4c96");
const Bytes sample_v6 = *from_hex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5be"
    "d2"
    "b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c");

TEST(Stun, ReadsTheSampleResponsesOfRfc5769) {
  EXPECT_EQ(parse_answer(sample_v4, id), Answer(Mapped{{"192.0.2.1", 32853}}));
  EXPECT_EQ(parse_answer(sample_v6, id), Answer(Mapped{{"2001:db8:1234:5678:11:2233:4455:6677", 32853}}));
}

TEST(Stun, RefusesEveryCutAndEveryChangedByte) {
  for (const auto& sample : {sample_v4, sample_v6}) {
    for (std::size_t size = 0; size < sample.size(); ++size)
      EXPECT_FALSE(parse_answer(ByteView(sample).first(size), id)) << size;
    for (std::size_t at = 0; at < sample.size(); ++at) {
      // Under another type the FINGERPRINT is an attribute that may be passed over.
      if (at == sample.size() - 8 || at == sample.size() - 7) continue;
      auto changed = sample;
      changed[at] ^= 0x10;
      EXPECT_FALSE(parse_answer(changed, id)) << at;
    }
    auto longer = sample;
    longer.insert(longer.end(), 4, 0);
    EXPECT_FALSE(parse_answer(longer, id));
  }
}

TEST(Stun, OnlyTheAnswerToThisRequestCounts) {
  auto other = id;
  other[0] ^= 1;
  EXPECT_EQ(parse_answer(sample_v4, other).error(), Error::unrelated);
  // A request is no answer, nor one's own reflected.
  EXPECT_EQ(parse_answer(binding_request(id), id).error(), Error::unrelated);
}

TEST(Stun, ARequestIsAHeaderAndItsFingerprint) {
  const auto request = binding_request(id);
  EXPECT_EQ(request.size(), 28U);
  EXPECT_EQ(to_hex(ByteView(request).first(20)), "000100082112a442b7e7a701bc34d686fa87dfae");
}

// Attributes without FINGERPRINT behind a header of this type.
Bytes message(std::string_view type, std::string_view attributes) {
  const auto body = *from_hex(attributes);
  auto out = *from_hex(type);
  out.push_back(static_cast<std::uint8_t>(body.size() >> 8));
  out.push_back(static_cast<std::uint8_t>(body.size()));
  append(out, *from_hex("2112a442"));
  append(out, id);
  append(out, body);
  return out;
}

TEST(Stun, OldServersAnswerWithThePlainAddress) {
  EXPECT_EQ(parse_answer(message("0101", "00010008000104d2c0000207"), id), Answer(Mapped{{"192.0.2.7", 1234}}));
}

TEST(Stun, TellsARefusalAndWhatItDoesNotUnderstand) {
  EXPECT_EQ(parse_answer(message("0111", "0009000400000414"), id), Answer(Refusal{420}));
  EXPECT_FALSE(parse_answer(message("0111", "0009000400000714"), id));
  EXPECT_FALSE(parse_answer(message("0111", ""), id));
  EXPECT_EQ(parse_answer(message("0101", ""), id).error(), Error::unsupported);
  EXPECT_EQ(parse_answer(message("0101", "7fff000000010008000104d2c0000207"), id).error(), Error::unsupported);
  EXPECT_TRUE(parse_answer(message("0101", "ffff000000010008000104d2c0000207"), id));
  EXPECT_FALSE(parse_answer(message("0101", "00010008000304d2c0000207"), id));  // no such family
}

}  // namespace
}  // namespace pqc::p2p::stun
