// Who an account is: `name@server` (docs/spec/identity.md §3).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "identity/error.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::identity {

// name:   1 to 64 characters of [a-z0-9._-], the first a letter or digit.
// server: 1 to 253 characters of [a-z0-9.-], dot-separated labels of 1 to 63 that neither start nor end with '-';
//         the name a server announces, without a port.
// One spelling an account: upper case is refused, not folded.
class AccountName {
 public:
  AccountName() = default;  // no account; what make, parse and decode answer is never empty

  static Result<AccountName> make(std::string_view name, std::string_view server);
  // From "name@server".
  static Result<AccountName> parse(std::string_view text);
  static Result<AccountName> decode(wire::Reader& reader);
  // opaque name<1..64>; opaque server<1..253>
  void encode(wire::Writer& writer) const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& server() const { return server_; }
  [[nodiscard]] std::string text() const { return name_ + "@" + server_; }

  friend auto operator<=>(const AccountName&, const AccountName&) = default;

 private:
  AccountName(std::string_view name, std::string_view server) : name_(name), server_(server) {}

  std::string name_;
  std::string server_;
};

// A device of an account; 0 is no device. Numbers are never used again after a device was revoked.
struct DeviceId {
  std::uint32_t value = 0;
  [[nodiscard]] bool valid() const { return value != 0; }
  friend auto operator<=>(DeviceId, DeviceId) = default;
};

// The version of an account's record; the first is 1.
struct RecordVersion {
  std::uint64_t value = 0;
  friend auto operator<=>(RecordVersion, RecordVersion) = default;
};

// One device as messages address it.
struct DeviceAddress {
  AccountName account;
  DeviceId device;
  friend auto operator<=>(const DeviceAddress&, const DeviceAddress&) = default;
};

}  // namespace pqc::identity
