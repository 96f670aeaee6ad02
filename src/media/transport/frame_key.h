// The keys of one generation of one stream: ChaCha20 under SFrame (docs/spec/media.md §7). One thread; nothing is
// allocated for a frame. Counters and replays are the business of FrameSealer and FrameOpener.
#pragma once

#include <cstdint>

#include "crypto/chacha20.h"
#include "media/transport/call_secret.h"
#include "protocol/sframe/key_context.h"

namespace pqc::media {

// What SFrame's key id says.
struct KeyName {
  CallSide sender{};
  StreamId stream{};
  std::uint32_t generation = 0;
  friend bool operator==(const KeyName&, const KeyName&) = default;
};
sframe::KeyId key_id(const KeyName& name);
// Error::refused where it is not the id of any key.
Result<KeyName> key_name(sframe::KeyId id);

// What a sealed frame is longer than the frame: config byte, key id, counter, tag.
inline constexpr std::size_t frame_header_size = 1 + 3 + 3;
inline constexpr std::size_t frame_overhead = frame_header_size + crypto::aead_tag_size;

class FrameKey {
 public:
  static Result<FrameKey> derive(const FrameChain& chain, const KeyName& name);

  // Writes frame.size() + frame_overhead bytes, the size of `out`; the counter is one of three bytes.
  Result<void> seal(std::uint64_t counter, ByteView metadata, ByteView frame, ByteSpan out);
  // Answers the frame's size; `out` may be the place of the ciphertext, behind the header. Error::refused.
  Result<std::size_t> open(const sframe::Header& header, ByteView sealed, ByteView metadata, ByteSpan out);

 private:
  FrameKey(sframe::KeyContext sframe, crypto::ChaCha20 obfuscation)
      : sframe_(std::move(sframe)), obfuscation_(std::move(obfuscation)) {}
  Result<void> obfuscate(std::uint64_t counter, ByteView in, ByteSpan out);

  sframe::KeyContext sframe_;
  crypto::ChaCha20 obfuscation_;
};

// The chain of the next generation.
Result<FrameChain> next_chain(const FrameChain& chain);

}  // namespace pqc::media
