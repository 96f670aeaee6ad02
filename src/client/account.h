// This profile's own account: its keys (through a keys::KeyHolder), its signed record, signing in, prekeys.
//
// Invariant: what the key holder changed is in the store before anything made from it leaves this machine, and in the
// same transaction as what belongs to it: commit() does both. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "client/error.h"
#include "client/store/store.h"
#include "client/types.h"
#include "crypto/suite.h"
#include "identity/account_record.h"
#include "keys/key_holder.h"
#include "net/relay_link.h"

namespace pqc_chat::v1 {
class ClientFrame;
class Hello;
class LoggedIn;
}  // namespace pqc_chat::v1

namespace pqc::client {

class Account {
 public:
  Account(Store& store, const Clock& clock, Rng& rng);
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // From the store. Errors: damaged. An empty store gives an account that does not exist yet.
  Status load();
  [[nodiscard]] bool exists() const { return record_.has_value(); }

  struct New {
    std::string name;
    std::string server;  // as it announces itself
    std::string host;
    std::uint16_t port = 0;
    net::Fingerprint fingerprint;
    std::vector<crypto::SuiteId> suites;
  };
  // Makes keys and the first record, and stores them as not yet registered.
  Status create(const New& account);

  [[nodiscard]] const AccountRow& row() const { return row_; }
  [[nodiscard]] const identity::VerifiedRecord& record() const { return *record_; }
  [[nodiscard]] const identity::AccountName& name() const { return record_->account(); }
  [[nodiscard]] keys::KeyHolder& keys() { return *keys_; }
  [[nodiscard]] std::vector<crypto::SuiteId> suites() const;

  [[nodiscard]] crypto::Level minimum_level() const { return minimum_level_; }
  Status set_minimum_level(crypto::Level level);

  // Login, or registration while the server has not confirmed it. Raises the profile's generation.
  Result<std::unique_ptr<pqc_chat::v1::ClientFrame>> sign_in(const pqc_chat::v1::Hello& hello,
                                                             const net::LinkInfo& link, const std::string& invite);
  Status set_registered();
  // The server may know this account already: log in instead of registering. Not stored.
  void assume_registered() { row_.registered = true; }
  // Forgets an account that the server did not take, with its keys.
  Status discard();
  // Whether this generation is the newest that the server ever saw (THREATS 12).
  [[nodiscard]] bool outdated(const pqc_chat::v1::LoggedIn& answer) const;

  // Goes on above every generation that the server has seen.
  Status pass_generation(const pqc_chat::v1::LoggedIn& answer);

  // A newer record, stored, when the one we have is past half of its life.
  Result<std::optional<Bytes>> renew_record();
  // The publication of fresh batches, stored, for the suites whose batch is missing, low, used up or near its end.
  Result<std::vector<pqc_chat::v1::ClientFrame>> refill_prekeys(const pqc_chat::v1::LoggedIn& answer);

  // Writes the key holder's changes and commits. After a failure the key holder is as the store has it.
  Status commit(Transaction& transaction);
  // Undoes it, and what the key holder did meanwhile.
  void roll_back(Transaction& transaction);

 private:
  Status load_keys();
  Status adopt_record(Bytes signed_record);
  Result<Bytes> sign(const pqc_chat::v1::Hello& hello, const net::LinkInfo& link, crypto::SuiteId suite);

  Store& store_;
  const Clock& clock_;
  Rng& rng_;
  std::unique_ptr<keys::KeyHolder> keys_;
  AccountRow row_;
  std::optional<identity::VerifiedRecord> record_;
  crypto::Level minimum_level_ = crypto::default_minimum_level;
  std::uint64_t generation_ = 0;
};

}  // namespace pqc::client
