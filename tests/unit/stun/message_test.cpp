// STUN messages: the samples of RFC 5769 §2.1 to §2.3, what is not an answer, and what is not a request.
#include "net/stun/message.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace pqc::net::stun {
namespace {

constexpr TransactionId id{0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

Address v4(std::array<std::uint8_t, 4> bytes, std::uint16_t port) {
  Address out{.bytes = {}, .is_v6 = false, .port = port};
  std::ranges::copy(bytes, out.bytes.begin());
  return out;
}
constexpr Address sample_v6_address{
    .bytes = {0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77},
    .is_v6 = true,
    .port = 32853};

// §2.1: SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT.
const Bytes sample_request = *from_hex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151"
    "263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf");
const Bytes sample_v4 = *from_hex(
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd"
    "9e"
    "90c38c7489f92af9ba53f06be7d780280004c07d4c96");
const Bytes sample_v6 = *from_hex(
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5be"
    "d2"
    "b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c");

TEST(Stun, ReadsTheSampleResponsesOfRfc5769) {
  EXPECT_EQ(parse_answer(sample_v4, id), Answer(Mapped{v4({192, 0, 2, 1}, 32853)}));
  EXPECT_EQ(parse_answer(sample_v6, id), Answer(Mapped{sample_v6_address}));
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
  EXPECT_EQ(parse_answer(message("0101", "00010008000104d2c0000207"), id), Answer(Mapped{v4({192, 0, 2, 7}, 1234)}));
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

TEST(StunServing, ReadsTheSampleRequestOfRfc5769) {
  const auto request = parse_request(sample_request);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, id);
  EXPECT_TRUE(request->has_fingerprint);
  // PRIORITY (RFC 8445 §7.1.1) is the only one that has to be understood and belongs to ICE.
  ASSERT_EQ(request->unknown_count, 1U);
  EXPECT_EQ(request->unknown[0], 0x0024);
}

TEST(StunServing, RefusesEveryCutAndEveryChangeThatTheFingerprintCovers) {
  for (std::size_t size = 0; size < sample_request.size(); ++size)
    EXPECT_FALSE(parse_request(ByteView(sample_request).first(size))) << size;
  for (std::size_t at = 0; at + 8 < sample_request.size(); ++at) {
    auto changed = sample_request;
    changed[at] ^= 0x10;
    EXPECT_FALSE(parse_request(changed)) << at;
  }
}

std::array<std::uint8_t, max_answer> buffer;

Bytes mapped(const Request& request, const Address& source) {
  return to_bytes(ByteView(buffer).first(write_mapped(request, source, buffer)));
}

TEST(StunServing, AnswersWithTheAddressThatAClientReads) {
  for (const auto& source :
       {v4({192, 0, 2, 1}, 32853), sample_v6_address, v4({255, 255, 255, 255}, 65535), Address{}}) {
    const auto request = parse_request(binding_request(id));
    ASSERT_TRUE(request);
    const auto answer = mapped(*request, source);
    EXPECT_EQ(parse_answer(answer, id), Answer(Mapped{source}));
    EXPECT_EQ(answer.size(), header_size + (source.is_v6 ? 24 : 12) + 8);
  }
}

TEST(StunServing, WritesTheSampleAddressesOfRfc5769) {
  const Request request{.cookie = 0x2112A442, .id = id, .has_fingerprint = false, .unknown = {}, .unknown_count = 0};
  EXPECT_EQ(to_hex(mapped(request, v4({192, 0, 2, 1}, 32853))),
            "0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643");
  EXPECT_EQ(to_hex(mapped(request, sample_v6_address)),
            "010100182112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9");
}

TEST(StunServing, NamesWhatItDoesNotUnderstand) {
  for (std::size_t count = 1; count <= max_unknown + 3; ++count) {
    std::string attributes;
    for (std::size_t i = 0; i < count; ++i) attributes += "7fff0000";
    const auto request = parse_request(message("0001", attributes));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->unknown_count, std::min(count, max_unknown));
    const auto answer = to_bytes(ByteView(buffer).first(write_unknown(*request, buffer)));
    EXPECT_EQ(parse_answer(answer, id), Answer(Refusal{420}));
    EXPECT_EQ(answer.size() % 4, 0U);
  }
  // RFC 5780's CHANGE-REQUEST would have the answer come from elsewhere.
  const auto request = parse_request(message("0001", "0003000400000006"));
  ASSERT_TRUE(request);
  EXPECT_EQ(to_hex(ByteView(buffer).first(write_unknown(*request, buffer))),
            "011100242112a442b7e7a701bc34d686fa87dfae0009001500000414556e6b6e6f776e20417474726962757465000000000a0002"
            "00030000");
}

TEST(StunServing, PassesOverCredentialsAndWhatFollowsThem) {
  const std::string integrity = "00080014" + std::string(40, '0');
  const auto request = parse_request(message("0001", "0006000161000000" + integrity + "7fff0000"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->unknown_count, 0U);
}

TEST(StunServing, OnlyABindingRequestIsAnswered) {
  for (const auto* type : {"0011", "0101", "0111", "0003", "0103", "8001", "4001"})
    EXPECT_FALSE(parse_request(message(type, ""))) << type;
  EXPECT_TRUE(parse_request(message("0001", "")));
  std::string many;
  for (std::size_t i = 0; i <= max_attributes; ++i) many += "80220000";
  EXPECT_FALSE(parse_request(message("0001", many)));
}

// 0: more is needed; -1: not STUN.
int size_of(ByteView start) {
  const auto size = message_size(start);
  return size ? static_cast<int>(size->value_or(0)) : -1;
}

TEST(StunServing, AnswersClientsOfRfc3489WithThePlainAddress) {
  auto old = message("0001", "");
  old[4] ^= 1;
  const auto request = parse_request(old);
  ASSERT_TRUE(request);
  EXPECT_EQ(to_hex(mapped(*request, v4({192, 0, 2, 1}, 32853))),
            "0101000c2012a442b7e7a701bc34d686fa87dfae0001000800018055c0000201");
}

TEST(StunServing, FindsTheEndOfAMessageInAStream) {
  const auto request = binding_request(id);
  for (std::size_t size = 0; size < 8; ++size) EXPECT_EQ(size_of(ByteView(request).first(size)), 0) << size;
  EXPECT_EQ(size_of(ByteView(request).first(8)), 28);
  EXPECT_EQ(size_of(as_bytes("GET / HTTP/1.1")), -1);
  EXPECT_EQ(size_of(*from_hex("0001000021")), 0);
  EXPECT_EQ(size_of(*from_hex("000100012112a442")), -1);
}

TEST(Stun, AddressesAsText) {
  EXPECT_EQ(host_text(v4({192, 0, 2, 1}, 1)), "192.0.2.1");
  EXPECT_EQ(host_text(sample_v6_address), "2001:db8:1234:5678:11:2233:4455:6677");
}

}  // namespace
}  // namespace pqc::net::stun
