// Reads the fields of one structure in a row, with one check at the end.
//
// After the first failure every read answers an empty value and ok() stays false; a decoder calls finish() last, which
// also refuses bytes behind the structure. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "identity/account_name.h"
#include "identity/key_encoding.h"
#include "wire/reader.h"

namespace pqc::identity {

class FieldReader {
 public:
  explicit FieldReader(ByteView input) : reader_(input) {}

  std::uint8_t u8() { return take(reader_.u8()); }
  std::uint16_t u16() { return take(reader_.u16()); }
  std::uint32_t u32() { return take(reader_.u32()); }
  std::uint64_t u64() { return take(reader_.u64()); }
  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    return take(reader_.array<N>());
  }
  ByteView bytes(std::size_t size) { return take(reader_.bytes(size)); }
  ByteView opaque16(std::size_t max) { return take(reader_.opaque16(max)); }
  ByteView opaque24(std::size_t max) { return take(reader_.opaque24(max)); }
  ByteView rest(std::size_t max) { return take(reader_.rest(max)); }

  crypto::SuiteId suite() { return static_cast<crypto::SuiteId>(u16()); }
  AccountName account() { return take(AccountName::decode(reader_)); }
  DeviceAddress address() {
    auto name = account();
    return {std::move(name), DeviceId{u32()}};
  }
  // Milliseconds below 2^63.
  UnixMillis time() {
    const auto value = u64();
    require(value <= INT64_MAX);
    return {static_cast<std::int64_t>(value)};
  }
  Bytes key(KeyKind kind, crypto::SuiteId suite) { return to_bytes(take(decode_key(reader_, kind, suite))); }

  // The suite in the tag of the typed key that comes next, for structures that learn it from there; key() checks it.
  crypto::SuiteId peek_key_suite() {
    auto ahead = reader_;
    const auto kind = take(ahead.u8());
    (void)kind;
    return static_cast<crypto::SuiteId>(take(ahead.u16()));
  }

  // A rule of the structure; when it does not hold the whole is refused.
  void require(bool holds) { ok_ = ok_ && holds; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool finish() { return ok_ && reader_.done().has_value(); }

 private:
  template <class T, class E>
  T take(std::expected<T, E> read) {
    if (ok_ && read) return *std::move(read);
    ok_ = false;
    return T{};
  }

  wire::Reader reader_;
  bool ok_ = true;
};

}  // namespace pqc::identity
