// Hashes of structures, computed while they are encoded: nothing is copied together first.
#pragma once

#include <array>

#include "protocol/mls_public/codec.h"
#include "protocol/mls_public/suite.h"

namespace pqc::mls::inline public_part {

// What an encoder writes to where only the hash is asked for. Small pieces are gathered, large ones hashed where they
// lie. There may be one of an algorithm at a time in a thread.
class HashSink {
 public:
  explicit HashSink(crypto::HashAlg alg);
  ~HashSink();
  HashSink(const HashSink&) = delete;
  HashSink& operator=(const HashSink&) = delete;

  void u8(std::uint8_t value) {
    number([&](auto& out) { out.u8(value); });
  }
  void u16(std::uint16_t value) {
    number([&](auto& out) { out.u16(value); });
  }
  void u32(std::uint32_t value) {
    number([&](auto& out) { out.u32(value); });
  }
  void u64(std::uint64_t value) {
    number([&](auto& out) { out.u64(value); });
  }
  void varint(std::uint64_t value) {
    number([&](auto& out) { out.varint(value); });
  }
  void bytes(ByteView data);
  void opaque_varint(ByteView data) {
    varint(data.size());
    bytes(data);
  }
  // The hash of all that came; empty where the library fails.
  [[nodiscard]] Digest finish();

 private:
  static constexpr std::size_t room = 512;
  static constexpr std::size_t longest_number = 8;

  void number(const auto& put) {
    if (gathered_size_ > room - longest_number) flush();
    wire::Writer out(ByteSpan(gathered_).subspan(gathered_size_));
    put(out);
    gathered_size_ += out.finish().value_or(0);
  }
  void flush();

  crypto::HashAlg alg_;
  crypto::Hash* hash_;
  std::size_t gathered_size_ = 0;
  bool finished_ = false;
  std::array<std::uint8_t, room> gathered_;
};

Digest hash_described(crypto::HashAlg alg, const auto& describe) {
  EncoderTo<HashSink> encoder(alg);
  describe(encoder);
  return encoder.sink().finish();
}

// RFC 9420 §5.2, RefHash; the label is whole.
Bytes ref_hash_of(const Suite& suite, std::string_view label, const auto& describe) {
  return to_bytes(hash_described(suite.hash, [&](auto& coder) {
                    coder.opaque(as_bytes(label));
                    coder.opaque_of(describe);
                  }).view());
}

}  // namespace pqc::mls::inline public_part
