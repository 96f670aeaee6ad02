// An identity of one device whose private keys the test holds itself, as after a theft: it signs what an honest key
// holder refuses.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/composite.h"
#include "crypto/dh.h"
#include "identity/labels.h"
#include "support/person.h"

namespace pqc::test {

class OpenIdentity {
 public:
  OpenIdentity(std::string_view name, std::uint64_t seed, std::span<const crypto::SuiteId> suites)
      : rng(seed), account(must(identity::AccountName::make(name, "server.test"))) {
    for (const auto id : suites) {
      const auto& suite = *crypto::find_suite(id);
      identity_.push_back(must(crypto::CompositePrivateKey::generate(suite, rng)));
      device_.push_back(must(crypto::CompositePrivateKey::generate(suite, rng)));
      dh_.push_back(must(crypto::DhPrivateKey::generate(suite.dh, rng)));
    }
  }

  // Unsigned, version 1, with the one device.
  [[nodiscard]] identity::AccountRecord first() const {
    keys::PublicIdentity who{account, {1}, {}, {}};
    for (std::size_t i = 0; i < identity_.size(); ++i) {
      const auto suite = identity_[i].suite().id;
      who.identities.push_back({suite, identity_[i].public_key()});
      who.device_keys.push_back({suite, device_[i].public_key(), to_bytes(dh_[i].public_key())});
    }
    return first_record(who);
  }

  // Signs with the key of each suite that the record names.
  [[nodiscard]] identity::VerifiedRecord sign(const identity::AccountRecord& record) {
    const auto content = must(identity::encode_content(record));
    std::vector<Bytes> signatures;
    for (const auto& named : record.identities)
      signatures.push_back(must(find(identity_, named.suite).sign(identity::labels::account_record, content, rng)));
    return must(identity::verify(must(identity::encode_signed(record, signatures)), record.account, start_time));
  }

  [[nodiscard]] const crypto::CompositePrivateKey& device_key(crypto::SuiteId suite) const {
    return find(device_, suite);
  }

  crypto::SeededRng rng;
  identity::AccountName account;

 private:
  static const crypto::CompositePrivateKey& find(const std::vector<crypto::CompositePrivateKey>& keys,
                                                 crypto::SuiteId suite) {
    return *std::ranges::find_if(keys, [&](const auto& key) { return key.suite().id == suite; });
  }

  std::vector<crypto::CompositePrivateKey> identity_;
  std::vector<crypto::CompositePrivateKey> device_;
  std::vector<crypto::DhPrivateKey> dh_;
};

}  // namespace pqc::test
