// The typed statements that a device signs towards its server (docs/spec/identity.md §8). A key holder signs these and
// nothing else; each has its own label, so that none can be taken for another (THREATS 1).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "crypto/composite.h"
#include "crypto/suite.h"
#include "identity/account_name.h"
#include "identity/account_record.h"
#include "identity/error.h"
#include "identity/labels.h"

namespace pqc::identity {

// SHA-256 of the SubjectPublicKeyInfo of the server's ML-DSA certificate (docs/spec/relay.md §2), as clients pin it.
using ServerFingerprint = std::array<std::uint8_t, 32>;
using Challenge = std::array<std::uint8_t, 32>;
// TLS 1.3 exporter value of this very connection (RFC 8446 §7.5), so that a relayed login is refused (THREATS 24). Its
// label is login_exporter_label in net/relay_link.h.
using ExporterValue = std::array<std::uint8_t, 32>;

// "This connection is mine": the whole of a login. The server's name is in the account.
struct LoginStatement {
  static constexpr std::string_view label = labels::login;
  ServerFingerprint server{};
  AccountName account;
  DeviceId device;
  crypto::SuiteId suite{};
  Challenge challenge{};
  ExporterValue exporter{};
};

// "This device registers the account of this record": a login, and the record it comes with.
struct RegistrationStatement {
  static constexpr std::string_view label = labels::registration;
  LoginStatement login;
  RecordHash record{};
};

using Statement = std::variant<LoginStatement, RegistrationStatement>;

// What is signed (the composite signature adds prefix, suite and label, crypto/composite.h).
[[nodiscard]] Bytes encode(const Statement& statement);
[[nodiscard]] std::string_view label_of(const Statement& statement);
[[nodiscard]] crypto::SuiteId suite_of(const Statement& statement);
[[nodiscard]] DeviceAddress signer_of(const Statement& statement);

// Checks that `signature` is that device's over `statement`; account, device and suite must be those of `device`.
[[nodiscard]] Result<void> verify(const Statement& statement, ByteView signature, const VerifiedDevice& device);

}  // namespace pqc::identity
