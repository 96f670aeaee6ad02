// Encodes and decodes the structures of RFC 9420 from one description each.
//
// A structure names its fields once, in `describe(coder)`; an Encoder writes them, a Decoder reads them. The form is
// that of RFC 9420 §2.1: big-endian numbers, vectors behind a length of one to four bytes in the fewest bytes, optional
// values behind 0 or 1. So a structure has one encoding, and what was decoded encodes to the same bytes.
//
// What is described by a function instead of a structure, `describe(coder)`, is encoded by encode_described; what is
// only hashed needs no encoding (hashing.h).
//
// A Decoder stays at its first error, and reads zeros from there on; whoever uses it asks finish() at the end.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "protocol/mls_public/error.h"
#include "protocol/mls_public/limits.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::mls::inline public_part {

// How many elements a list of T may have; headers that define a T give their own.
template <class T>
inline constexpr std::size_t max_count = max_capabilities;

// Counts the bytes that an Encoder would write, so that nothing is written twice or moved while it grows: a commit may
// have a hundred megabytes.
class Sizer {
 public:
  static constexpr bool decoding = false;

  void operator()(const auto&... values) { (put(values), ...); }
  void raw(ByteView bytes) { size_ += bytes.size(); }
  void opaque(ByteView bytes) { opaque_size(bytes.size()); }
  // A length, without what it is of.
  void length(std::size_t size) { size_ += prefix(size); }
  // What is described, as a byte string behind its length.
  void opaque_of(const auto& describe) {
    Sizer inner;
    describe(inner);
    opaque_size(inner.size_);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // RFC 9420 §2.1.2.
  static std::size_t prefix(std::size_t size) { return size < 1U << 6 ? 1 : size < 1U << 14 ? 2 : 4; }
  void opaque_size(std::size_t size) { size_ += prefix(size) + size; }

  template <class N>
    requires(std::is_integral_v<N> || std::is_enum_v<N>)
  void put(N) {
    size_ += sizeof(N);
  }
  void put(const Bytes& bytes) { opaque(bytes); }
  template <std::size_t N>
  void put(const std::array<std::uint8_t, N>&) {
    size_ += N;
  }
  template <class T>
  void put(const std::optional<T>& value) {
    ++size_;
    if (value) put(*value);
  }
  template <class T>
    requires(!std::same_as<T, std::uint8_t>)
  void put(const std::vector<T>& list) {
    Sizer inner;
    for (const auto& item : list) inner.put(item);
    opaque_size(inner.size_);
  }
  template <class T>
    requires std::is_class_v<T>
  void put(const T& value) {
    value.describe(*this);
  }

  std::size_t size_ = 0;
};

// A sink takes numbers and bytes as a wire::Writer does.
template <class Sink>
class EncoderTo {
 public:
  static constexpr bool decoding = false;

  explicit EncoderTo(auto&&... sink) : writer_(std::forward<decltype(sink)>(sink)...) {}

  void operator()(const auto&... values) { (put(values), ...); }
  // Bytes as they are, without a length.
  void raw(ByteView bytes) { writer_.bytes(bytes); }
  void opaque(ByteView bytes) { writer_.opaque_varint(bytes); }
  void length(std::size_t size) { writer_.varint(size); }
  void opaque_of(const auto& describe) {
    Sizer inner;
    describe(inner);
    length(inner.size());
    describe(*this);
  }
  Sink& sink() { return writer_; }

 private:
  void put(std::uint8_t value) { writer_.u8(value); }
  void put(std::uint16_t value) { writer_.u16(value); }
  void put(std::uint32_t value) { writer_.u32(value); }
  void put(std::uint64_t value) { writer_.u64(value); }
  void put(const Bytes& bytes) { writer_.opaque_varint(bytes); }
  template <std::size_t N>
  void put(const std::array<std::uint8_t, N>& bytes) {
    writer_.bytes(bytes);
  }
  template <class E>
    requires std::is_enum_v<E>
  void put(E value) {
    put(static_cast<std::underlying_type_t<E>>(value));
  }
  template <class T>
  void put(const std::optional<T>& value) {
    writer_.u8(value ? 1 : 0);
    if (value) put(*value);
  }
  template <class T>
    requires(!std::same_as<T, std::uint8_t>)
  void put(const std::vector<T>& list) {
    Sizer sizer;
    for (const auto& item : list) sizer(item);
    writer_.varint(sizer.size());
    for (const auto& item : list) put(item);
  }
  template <class T>
    requires std::is_class_v<T>
  void put(const T& value) {
    value.describe(*this);
  }

  Sink writer_;
};

using Encoder = EncoderTo<wire::Writer>;

class Decoder {
 public:
  static constexpr bool decoding = true;

  explicit Decoder(ByteView input) : reader_(input) {}

  void operator()(auto&... values) { (get(values), ...); }

  [[nodiscard]] bool good() const { return good_; }
  void fail() { good_ = false; }
  [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }
  // A byte string behind its length, as a view of the input.
  ByteView opaque() { return accept(reader_.opaque_varint(max_message_size), ByteView{}); }
  // Exactly `size` bytes, as a view of the input.
  ByteView bytes(std::size_t size) { return accept(reader_.bytes(size), ByteView{}); }
  // All that is left.
  ByteView rest() { return accept(reader_.rest(max_message_size), ByteView{}); }
  [[nodiscard]] Result<void> finish() const {
    if (!good_ || !reader_.done()) return std::unexpected(Error::malformed);
    return {};
  }

 private:
  template <class T>
  T accept(wire::Result<T> result, T otherwise) {
    if (!good_ || !result) {
      good_ = false;
      return otherwise;
    }
    return *result;
  }

  void get(std::uint8_t& value) { value = accept(reader_.u8(), std::uint8_t{0}); }
  void get(std::uint16_t& value) { value = accept(reader_.u16(), std::uint16_t{0}); }
  void get(std::uint32_t& value) { value = accept(reader_.u32(), std::uint32_t{0}); }
  void get(std::uint64_t& value) { value = accept(reader_.u64(), std::uint64_t{0}); }
  void get(Bytes& bytes) { bytes = to_bytes(opaque()); }
  template <std::size_t N>
  void get(std::array<std::uint8_t, N>& bytes) {
    const auto view = accept(reader_.bytes(N), ByteView{});
    if (view.size() == N) std::ranges::copy(view, bytes.begin());
  }
  // An enumeration has a function `known(E)`; other values are malformed.
  template <class E>
    requires std::is_enum_v<E>
  void get(E& value) {
    std::underlying_type_t<E> number{};
    get(number);
    value = static_cast<E>(number);
    if (!known(value)) good_ = false;
  }
  template <class T>
  void get(std::optional<T>& value) {
    std::uint8_t present = 0;
    get(present);
    value.reset();
    if (present > 1) good_ = false;
    if (good_ && present == 1) get(value.emplace());
  }
  template <class T>
    requires(!std::same_as<T, std::uint8_t>)
  void get(std::vector<T>& list) {
    list.clear();
    Decoder inner(opaque());
    while (good_ && inner.good_ && inner.remaining() > 0) {
      if (list.size() == max_count<T>) good_ = false;
      if (good_) inner.get(list.emplace_back());
    }
    if (!inner.good_) good_ = false;
  }
  template <class T>
    requires std::is_class_v<T>
  void get(T& value) {
    value.describe(*this);
  }

  wire::Reader reader_;
  bool good_ = true;
};

template <class... T>
std::size_t encoded_size(const T&... values) {
  Sizer sizer;
  sizer(values...);
  return sizer.size();
}

// Has room for `spare` more bytes, so that they are appended without leaving a copy behind.
Bytes encode_described(const auto& describe, std::size_t spare = 0) {
  Sizer sizer;
  describe(sizer);
  Bytes out;
  out.reserve(sizer.size() + spare);
  Encoder encoder(out);
  describe(encoder);
  return out;
}

template <class... T>
Bytes encode(const T&... values) {
  return encode_described([&](auto& coder) { coder(values...); });
}

// A whole structure, to the last byte.
template <class T>
Result<T> decode(ByteView bytes) {
  if (bytes.size() > max_message_size) return std::unexpected(Error::limit);
  T value;
  Decoder decoder(bytes);
  decoder(value);
  return decoder.finish().transform([&] { return std::move(value); });
}

}  // namespace pqc::mls::inline public_part
