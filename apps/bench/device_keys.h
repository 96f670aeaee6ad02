// The keys with which the accounts of a run register and log in. One set serves all accounts: a server cannot tell, its
// work is the same, and thousands of accounts are made in a minute instead of an hour. Made once; any thread may sign.
#pragma once

#include <array>
#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/rng.h"
#include "crypto/composite.h"
#include "crypto/suite.h"
#include "identity/account_record.h"
#include "identity/statements.h"

namespace pqc::bench {

class DeviceKeys {
 public:
  // `rng` outlives the keys.
  static std::expected<DeviceKeys, std::string> make(const crypto::Suite& suite, Rng& rng);

  struct Registration {
    Bytes account_record;
    Bytes signature;
  };
  // A record of version 1 with one device, signed, and the statement of docs/spec/identity.md §8.
  [[nodiscard]] std::expected<Registration, std::string> registration(identity::LoginStatement login) const;
  // What may take the place of `record`: the device is revoked, another one has its keys.
  [[nodiscard]] std::expected<Bytes, std::string> revocation(const identity::AccountName& account,
                                                             ByteView record) const;
  [[nodiscard]] std::expected<Bytes, std::string> login(identity::LoginStatement login) const;

  [[nodiscard]] const crypto::Suite& suite() const { return *suite_; }
  static constexpr identity::DeviceId device{1};

 private:
  DeviceKeys(const crypto::Suite& suite, Rng& rng, crypto::CompositePrivateKey identity,
             crypto::CompositePrivateKey device_signature, Bytes dh_key)
      : suite_(&suite),
        rng_(&rng),
        identity_(std::move(identity)),
        device_signature_(std::move(device_signature)),
        dh_key_(std::move(dh_key)) {}

  [[nodiscard]] identity::AccountRecord record_of(const identity::AccountName& account) const;
  [[nodiscard]] std::expected<Bytes, std::string> sign_record(const identity::AccountRecord& record,
                                                              ByteView content) const;
  [[nodiscard]] std::expected<Bytes, std::string> sign(const identity::Statement& statement) const;

  const crypto::Suite* suite_;
  Rng* rng_;
  crypto::CompositePrivateKey identity_;
  crypto::CompositePrivateKey device_signature_;
  Bytes dh_key_;
};

}  // namespace pqc::bench
