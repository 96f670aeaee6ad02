// SRTP in GCM beside libsrtp, packet by packet.
#include <memory>
#include <numeric>

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include "media/rtp/packet.h"
#include "media/rtp/rtcp.h"
#include "media/transport/srtp_gcm.h"
#include "media/transport/srtp_legacy.h"

namespace pqc::media {
namespace {

struct Dealloc {
  void operator()(srtp_ctx_t_* context) const { srtp_dealloc(context); }
};
using Theirs = std::unique_ptr<srtp_ctx_t_, Dealloc>;

Theirs libsrtp(Bytes key_and_salt, bool sends) {
  // It wants to be initialized once a process, which this does.
  const bool ready = SrtpLegacy::make(Bytes(30), true).has_value();
  srtp_policy_t policy{};
  const auto set = key_and_salt.size() == 44 ? srtp_crypto_policy_set_aes_gcm_256_16_auth
                                             : srtp_crypto_policy_set_aes_gcm_128_16_auth;
  set(&policy.rtp);
  set(&policy.rtcp);
  policy.key = key_and_salt.data();
  policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
  policy.window_size = 1'024;
  srtp_t out = nullptr;
  EXPECT_TRUE(ready && srtp_create(&out, &policy) == srtp_err_status_ok);
  return Theirs(out);
}

struct alignas(8) Packet {
  std::array<std::uint8_t, 512> memory{};
  std::size_t size = 0;
  [[nodiscard]] Bytes bytes() const { return to_bytes(ByteView(memory).first(size)); }
};

Packet rtp_packet(std::uint16_t sequence) {
  Packet out;
  out.size = rtp::header_size(1) + 80;
  rtp::write_header({false, 111, sequence, 480U * sequence, rtp::Ssrc{0xABCD'0123}}, {1, sequence}, out.memory);
  std::iota(out.memory.begin() + 20, out.memory.begin() + 100, std::uint8_t{0});
  return out;
}

Packet rtcp_packet(std::uint32_t number) {
  Packet out;
  const rtp::SenderInfo info{rtp::NtpTime{number}, number, number, number};
  out.size = rtp::write_report(rtp::Ssrc{0xABCD'0123}, info, {}, out.memory).value();
  return out;
}

class Gcm : public testing::TestWithParam<std::size_t> {
 protected:
  Gcm() { std::iota(key.begin(), key.end(), std::uint8_t{7}); }
  Bytes key = Bytes(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Srtp, Gcm, testing::Values(28, 44));

TEST_P(Gcm, WritesAndReadsWhatLibsrtpDoes) {
  auto ours = SrtpGcm::make(key), our_reader = SrtpGcm::make(key);
  const auto theirs = libsrtp(key, true), their_reader = libsrtp(key, false);
  // Across a wrap of the sequence number, with gaps.
  for (unsigned i = 0; i < 60; ++i) {
    const auto sequence = static_cast<std::uint16_t>(32'000 + 1'000 * i + i % 7);
    const auto clear = rtp_packet(sequence);
    auto one = clear, other = clear;
    one.size = ours->protect(one.memory, one.size).value();
    int size = static_cast<int>(other.size);
    ASSERT_EQ(srtp_protect(theirs.get(), other.memory.data(), &size), srtp_err_status_ok);
    other.size = static_cast<std::size_t>(size);
    ASSERT_EQ(one.bytes(), other.bytes()) << i;
    ASSERT_EQ(srtp_unprotect(their_reader.get(), one.memory.data(), &size), srtp_err_status_ok);
    other.size = our_reader->unprotect(other.memory, other.size).value();
    ASSERT_EQ(other.bytes(), clear.bytes());
  }
}

TEST_P(Gcm, WritesAndReadsReportsAsLibsrtpDoes) {
  auto ours = SrtpGcm::make(key), reader = SrtpGcm::make(key);
  const auto theirs = libsrtp(key, true);
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto clear = rtcp_packet(i);
    auto one = clear, other = clear;
    one.size = ours->protect_rtcp(one.memory, one.size).value();
    int size = static_cast<int>(other.size);
    ASSERT_EQ(srtp_protect_rtcp(theirs.get(), other.memory.data(), &size), srtp_err_status_ok);
    other.size = static_cast<std::size_t>(size);
    ASSERT_EQ(one.bytes(), other.bytes()) << i;
    const auto again = one;
    one.size = reader->unprotect_rtcp(one.memory, one.size).value();
    ASSERT_EQ(one.bytes(), clear.bytes());
    one = again;
    ASSERT_EQ(reader->unprotect_rtcp(one.memory, one.size).error(), Error::refused);
  }
}

TEST_P(Gcm, Threat13TakesEachPacketOnceAndNoneThatIsDamaged) {
  auto sender = SrtpGcm::make(key), reader = SrtpGcm::make(key);
  std::vector<Packet> sealed;
  for (unsigned i = 0; i < 1'100; ++i) {
    auto packet = rtp_packet(static_cast<std::uint16_t>(30'000 + i));
    packet.size = sender->protect(packet.memory, packet.size).value();
    sealed.push_back(packet);
  }
  const auto open = [&](Packet packet) { return reader->unprotect(packet.memory, packet.size).has_value(); };
  for (std::size_t i = 0; i < sealed[0].size; ++i) {
    auto damaged = sealed[0];
    damaged.memory[i] ^= 0x10;
    EXPECT_FALSE(open(damaged)) << i;
    damaged.size = i;
    EXPECT_FALSE(open(damaged)) << i;
  }
  EXPECT_TRUE(open(sealed[1'099]));
  EXPECT_TRUE(open(sealed[76]));
  EXPECT_FALSE(open(sealed[76]));
  EXPECT_FALSE(open(sealed[1'099]));
  EXPECT_FALSE(open(sealed[75]));  // behind the window
}

TEST_P(Gcm, UsesNoIndexTwice) {
  auto sender = SrtpGcm::make(key);
  auto packet = rtp_packet(5);
  ASSERT_TRUE(sender->protect(packet.memory, packet.size));
  packet = rtp_packet(5);
  EXPECT_EQ(sender->protect(packet.memory, packet.size).error(), Error::refused);
  packet = rtp_packet(4);
  EXPECT_EQ(sender->protect(packet.memory, packet.size).error(), Error::refused);
}

TEST_P(Gcm, RemembersAFewSourcesOnly) {
  auto sender = SrtpGcm::make(key);
  std::size_t taken = 0;
  for (std::uint8_t i = 0; i < 20; ++i) {
    auto packet = rtp_packet(5);
    packet.memory[11] = i;
    if (sender->protect(packet.memory, packet.size)) ++taken;
  }
  EXPECT_EQ(taken, limits::plain_sources);
}

TEST(SrtpLegacyTest, OpensWhatItProtected) {
  const Bytes key(30, 5);
  auto sender = SrtpLegacy::make(key, true);
  auto reader = SrtpLegacy::make(key, false);
  const auto clear = rtp_packet(9);
  auto packet = clear;
  packet.size = sender->protect(packet.memory, packet.size).value();
  EXPECT_EQ(packet.size, clear.size + 10);
  packet.size = reader->unprotect(packet.memory, packet.size).value();
  EXPECT_EQ(packet.bytes(), clear.bytes());
}

}  // namespace
}  // namespace pqc::media
