#include "media/transport/srtp_gcm.h"

#include <algorithm>
#include <utility>

#include "crypto/ctr.h"
#include "media/rtp/packet.h"

namespace pqc::media {
namespace {

constexpr std::size_t tag = crypto::aead_tag_size;
// RFC 3711 §4.3.2.
enum Label : std::uint8_t { rtp_key = 0, rtp_salt = 2, rtcp_key = 3, rtcp_salt = 5 };
// What of an RTCP packet stands in clear, and the word behind it (RFC 7714 §9).
constexpr std::size_t rtcp_clear = 8;
constexpr std::size_t rtcp_trailer = 4;
constexpr std::uint32_t encrypted_bit = 0x8000'0000;
constexpr std::uint32_t last_report = 0x7FFF'FFFF;

rtp::Ssrc ssrc_at(ByteView bytes) {
  std::uint32_t out = 0;
  for (const auto byte : bytes.first(4)) out = (out << 8) | byte;
  return static_cast<rtp::Ssrc>(out);
}

std::uint16_t sequence_of(ByteView packet) {
  return static_cast<std::uint16_t>((packet[2] << 8) | packet[3]);
}

// RFC 3711 §4.3, RFC 6188: AES in counter mode over zeros. A salt of 96 bits has 16 zero bits behind it (RFC 7714 §11).
bool derive(ByteView master_key, ByteView master_salt, Label label, ByteSpan out) {
  std::array<std::uint8_t, crypto::aes_block_size> initial{};
  std::ranges::copy(master_salt, initial.begin());
  initial[7] ^= label;
  std::ranges::fill(out, std::uint8_t{0});
  return crypto::aes_ctr(master_key, initial, out, out).has_value();
}

bool set_key(crypto::Aead& aead, ByteView master_key, ByteView master_salt, Label label) {
  SecretBytes key(master_key.size());
  return derive(master_key, master_salt, label, key.fill()) && aead.set_key(key.view());
}

}  // namespace

Result<SrtpGcm> SrtpGcm::make(ByteView key_and_salt) {
  constexpr auto salt_size = crypto::aead_nonce_size;
  if (key_and_salt.size() != 16 + salt_size && key_and_salt.size() != 32 + salt_size) {
    return std::unexpected(Error::bad_settings);
  }
  const auto key = key_and_salt.first(key_and_salt.size() - salt_size);
  const auto salt = key_and_salt.last(salt_size);
  SrtpGcm out(key.size() == 16 ? crypto::AeadAlg::aes_128_gcm : crypto::AeadAlg::aes_256_gcm);
  if (!set_key(out.rtp_, key, salt, rtp_key) || !set_key(out.rtcp_, key, salt, rtcp_key) ||
      !derive(key, salt, rtp_salt, out.rtp_salt_.fill()) || !derive(key, salt, rtcp_salt, out.rtcp_salt_.fill())) {
    return std::unexpected(Error::backend);
  }
  return out;
}

// RFC 7714 §8.1 and §9.1: two zero bytes, the source, six bytes of the packet's index; under the salt.
SrtpGcm::Nonce SrtpGcm::nonce(const Salt& salt, rtp::Ssrc ssrc, std::uint64_t index) {
  Nonce out{};
  auto source = std::to_underlying(ssrc);
  for (std::size_t i = 6; i-- > 2; source >>= 8) out[i] = static_cast<std::uint8_t>(source);
  for (std::size_t i = out.size(); i-- > 6; index >>= 8) out[i] = static_cast<std::uint8_t>(index);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= salt.view()[i];
  return out;
}

SrtpGcm::Source* SrtpGcm::find(rtp::Ssrc ssrc) {
  const auto known = std::span(sources_).first(source_count_);
  const auto at = std::ranges::find(known, ssrc, &Source::ssrc);
  if (at != known.end()) return &*at;
  if (source_count_ == sources_.size()) return nullptr;
  auto& fresh = sources_[source_count_];
  fresh = Source{};
  fresh.ssrc = ssrc;
  return &fresh;
}

void SrtpGcm::remember(Source& source) {
  if (&source == &sources_[source_count_]) ++source_count_;
}

Result<std::size_t> SrtpGcm::protect(ByteSpan memory, std::size_t size) {
  if (memory.size() < size + tag) return std::unexpected(Error::too_large);
  const auto packet = memory.first(size);
  const auto header = rtp::whole_header_size(packet);
  auto* source = header ? find(ssrc_at(packet.subspan(8))) : nullptr;
  if (source == nullptr) return std::unexpected(Error::refused);
  const auto index = source->sequences.peek(sequence_of(packet));
  // Never one that is not above all before it.
  if (index < 0 || index <= source->sequences.highest().value_or(-1)) return std::unexpected(Error::refused);
  source->sequences.unwrap(sequence_of(packet));
  remember(*source);
  const auto body = packet.subspan(*header);
  if (!rtp_.seal(nonce(rtp_salt_, source->ssrc, static_cast<std::uint64_t>(index)), packet.first(*header), body,
                 memory.subspan(*header, body.size() + tag))) {
    return std::unexpected(Error::backend);
  }
  return size + tag;
}

Result<std::size_t> SrtpGcm::unprotect(ByteSpan memory, std::size_t size) {
  const auto packet = memory.first(std::min(size, memory.size()));
  const auto header = rtp::whole_header_size(packet);
  if (!header || packet.size() < *header + tag) return std::unexpected(Error::refused);
  auto* source = find(ssrc_at(packet.subspan(8)));
  if (source == nullptr) return std::unexpected(Error::refused);
  const auto index = source->sequences.peek(sequence_of(packet));
  const auto counter = static_cast<std::uint64_t>(index);
  if (index < 0 || source->packets.seen(counter)) return std::unexpected(Error::refused);
  const auto body = packet.subspan(*header);
  if (!rtp_.open(nonce(rtp_salt_, source->ssrc, counter), packet.first(*header), body, body.first(body.size() - tag))) {
    return std::unexpected(Error::refused);
  }
  source->sequences.unwrap(sequence_of(packet));
  source->packets.mark(counter);
  remember(*source);
  return packet.size() - tag;
}

Result<std::size_t> SrtpGcm::protect_rtcp(ByteSpan memory, std::size_t size) {
  if (memory.size() < size + tag + rtcp_trailer) return std::unexpected(Error::too_large);
  if (size < rtcp_clear) return std::unexpected(Error::refused);
  if (next_report_ > last_report) return std::unexpected(Error::exhausted);
  const auto index = next_report_++;
  const auto body = memory.subspan(rtcp_clear, size - rtcp_clear);
  const auto trailer = memory.subspan(size + tag, rtcp_trailer);
  auto word = encrypted_bit | index;
  for (std::size_t i = rtcp_trailer; i-- > 0; word >>= 8) trailer[i] = static_cast<std::uint8_t>(word);
  if (!rtcp_.seal(nonce(rtcp_salt_, ssrc_at(memory.subspan(4)), index), {memory.first(rtcp_clear), trailer}, body,
                  memory.subspan(rtcp_clear, body.size() + tag))) {
    return std::unexpected(Error::backend);
  }
  return size + tag + rtcp_trailer;
}

Result<std::size_t> SrtpGcm::unprotect_rtcp(ByteSpan memory, std::size_t size) {
  const auto packet = memory.first(std::min(size, memory.size()));
  if (packet.size() < rtcp_clear + tag + rtcp_trailer) return std::unexpected(Error::refused);
  const auto trailer = packet.last(rtcp_trailer);
  const auto word = std::to_underlying(ssrc_at(trailer));
  auto* source = find(ssrc_at(packet.subspan(4)));
  const auto index = word & ~encrypted_bit;
  if ((word & encrypted_bit) == 0 || source == nullptr || source->reports.seen(index)) {
    return std::unexpected(Error::refused);
  }
  const auto body = packet.subspan(rtcp_clear, packet.size() - rtcp_clear - rtcp_trailer);
  if (!rtcp_.open(nonce(rtcp_salt_, source->ssrc, index), {packet.first(rtcp_clear), trailer}, body,
                  body.first(body.size() - tag))) {
    return std::unexpected(Error::refused);
  }
  source->reports.mark(index);
  remember(*source);
  return packet.size() - tag - rtcp_trailer;
}

}  // namespace pqc::media
