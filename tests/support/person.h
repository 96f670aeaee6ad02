// A person with one device for tests: a key holder with seeded randomness, and the signed record of its account.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "crypto/random.h"
#include "identity/account_record.h"
#include "identity/limits.h"
#include "keys/software_key_holder.h"

namespace pqc::test {

inline constexpr UnixMillis start_time{1'700'000'000'000};

// The value, or an exception that fails the test.
template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) throw std::runtime_error("unexpected error: " + std::to_string(static_cast<int>(result.error())));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

inline std::vector<crypto::SuiteId> built_in_suites() {
  std::vector<crypto::SuiteId> out;
  for (const auto& suite : crypto::all_suites()) out.push_back(suite.id);
  return out;
}

// The first record of a fresh identity.
inline identity::AccountRecord first_record(const keys::PublicIdentity& who, UnixMillis now = start_time) {
  identity::AccountRecord record;
  record.account = who.account;
  record.issued = now;
  record.expires = now + identity::record_lifetime;
  record.identities = who.identities;
  record.devices = {{who.device, identity::DeviceState::active, now, {}, who.device_keys}};
  return record;
}

// The unsigned successor of a verified record.
inline identity::AccountRecord successor_of(const identity::VerifiedRecord& before) {
  auto record = before.record();
  ++record.version.value;
  record.predecessor = before.hash();
  return record;
}

class Person {
 public:
  Person(std::string_view name, std::uint64_t seed, std::span<const crypto::SuiteId> suites)
      : rng(seed), holder(rng), account(must(identity::AccountName::make(name, "server.test"))) {
    publish(first_record(must(holder.create(account, {1}, suites))));
  }
  Person(std::string_view name, std::uint64_t seed, crypto::SuiteId suite) : Person(name, seed, std::span(&suite, 1)) {}

  // Signs a record and takes it as one's own.
  void publish(const identity::AccountRecord& next) {
    record.emplace(must(identity::verify(must(holder.sign_record(next)), account, start_time)));
  }

  [[nodiscard]] identity::VerifiedDevice device(crypto::SuiteId suite) const {
    return must(identity::VerifiedDevice::make(*record, {1}, suite));
  }

  crypto::SeededRng rng;
  keys::SoftwareKeyHolder holder;
  identity::AccountName account;
  std::optional<identity::VerifiedRecord> record;
};

// A bundle of the batch: the pair of that index, or the last-resort key.
inline pqxdh::VerifiedBundle bundle_of(const pqxdh::PrekeyBatch& batch, const identity::VerifiedDevice& device,
                                       std::optional<std::uint32_t> index, UnixMillis now = start_time) {
  const auto& prekey = index ? batch.one_time.at(*index) : batch.last_resort;
  return must(pqxdh::verify_bundle(must(pqxdh::decode_bundle(batch.signed_manifest, prekey)), device, now));
}

}  // namespace pqc::test
