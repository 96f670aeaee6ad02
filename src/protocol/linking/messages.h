// What the two devices tell each other over the channel (docs/spec/devices.md §8): plain values and their encodings, in
// the TLS presentation language (RFC 8446 §3), parsed to the last byte. Pure functions; any thread.
//
//   struct {                                   struct {
//     AccountName account;                       uint8 count;
//     uint32 device;                             DeviceKeys keys[count];   TypedKeys of identity.md §4
//     uint32 host;                             } Answer;
//     opaque server_key[32];
//     uint8 history;        0 or 1
//     uint64 last_message;
//     uint8 count;
//     uint16 suites[count];
//     opaque record<0..2^24-1>;
//   } Invitation;
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "crypto/suite.h"
#include "identity/account_record.h"
#include "protocol/linking/error.h"

namespace pqc::linking {

struct Invitation {
  identity::AccountName account;
  identity::DeviceId device;                  // the number of the new device
  identity::DeviceId host;                    // of the old one
  std::array<std::uint8_t, 32> server_key{};  // fingerprint of the account's server
  bool history = false;                       // contacts and messages will be given
  std::uint64_t last_message = 0;             // the number of the old device's newest message
  std::vector<crypto::SuiteId> suites;        // for which the new device makes keys
  Bytes record;                               // signed, the account's newest
};

[[nodiscard]] Bytes encode(const Invitation& invitation);
[[nodiscard]] Result<Invitation> decode_invitation(ByteView bytes);

[[nodiscard]] Bytes encode(const std::vector<identity::DeviceKeys>& keys);
[[nodiscard]] Result<std::vector<identity::DeviceKeys>> decode_keys(ByteView bytes);

}  // namespace pqc::linking
