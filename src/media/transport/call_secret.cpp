#include "media/transport/call_secret.h"

#include <array>
#include <limits>
#include <utility>

#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "media/transport/labels.h"
#include "media/transport/safety_words.h"

namespace pqc::media {
namespace {

constexpr auto hash = crypto::HashAlg::sha512;
constexpr std::size_t max_text = std::numeric_limits<std::uint16_t>::max();

std::array<std::uint8_t, 2> length_of(ByteView text) {
  return {static_cast<std::uint8_t>(text.size() >> 8), static_cast<std::uint8_t>(text.size())};
}

crypto::Sha512Digest context_of(const CallParties& of) {
  const std::array label_size{static_cast<std::uint8_t>(labels::context.size())};
  return crypto::sha512({label_size, as_bytes(labels::context), length_of(of.call_id), of.call_id,
                         length_of(of.offerer), of.offerer, length_of(of.answerer), of.answerer,
                         of.offerer_fingerprint.bytes, of.answerer_fingerprint.bytes});
}

Result<void> expand(const CallSecret& secret, std::string_view label, ByteView context, ByteSpan out) {
  if (!crypto::hkdf_expand(hash, secret.view(), {as_bytes(label), context}, out)) {
    return std::unexpected(Error::backend);
  }
  return {};
}

std::array<std::uint8_t, 2> direction(CallSide sender, StreamId stream) {
  return {std::to_underlying(sender), std::to_underlying(stream)};
}

}  // namespace

Result<CallSecret> derive_call_secret(const CallShare& offerer, const CallShare& answerer, const CallParties& parties) {
  for (const auto text : {parties.call_id, parties.offerer, parties.answerer}) {
    if (text.size() > max_text) return std::unexpected(Error::bad_settings);
  }
  CallSecret out;
  if (!crypto::hkdf_extract(hash, context_of(parties), {offerer.view(), answerer.view()}, out.fill())) {
    return std::unexpected(Error::backend);
  }
  return out;
}

Result<MixSecret> mix_secret(const CallSecret& secret) {
  MixSecret out;
  return expand(secret, labels::mix, {}, out.fill()).transform([&] { return std::move(out); });
}

Result<FrameChain> frame_chain(const CallSecret& secret, CallSide sender, StreamId stream) {
  FrameChain out;
  return expand(secret, labels::frames, direction(sender, stream), out.fill()).transform([&] {
    return std::move(out);
  });
}

Result<std::uint32_t> stream_ssrc(const CallSecret& secret, CallSide sender, StreamId stream) {
  std::array<std::uint8_t, 3> random{};
  return expand(secret, labels::ssrc, {}, random).transform([&] {
    const auto common = (std::uint32_t{random[0]} << 16) | (std::uint32_t{random[1]} << 8) | random[2];
    return (common << 8) | (std::uint32_t{std::to_underlying(sender)} << 7) | std::to_underlying(stream);
  });
}

Result<std::pair<std::string_view, std::string_view>> safety_words(const CallSecret& secret) {
  std::array<std::uint8_t, 2> places{};
  return expand(secret, labels::safety_words, {}, places).transform([&] {
    return std::pair(safety_word_list[places[0]], safety_word_list[places[1]]);
  });
}

}  // namespace pqc::media
