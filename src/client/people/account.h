// This profile's own account: its keys (through a KeyService), its signed record, signing in, prekeys.
//
// Store and key holder are written one after the other, so that a crash in between loses nothing: a session is stored
// with the note that its prekeys are to be forgotten, and only then they are (settle); a record that is to be signed is
// noted before, so that the next attempt signs the same one. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "client/error.h"
#include "client/keys/key_service.h"
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
  Account(Store& store, KeyService& service, const Clock& clock) : store_(store), service_(service), clock_(clock) {}
  ~Account() = default;
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  // From the store; what an earlier run could not settle is settled. Errors: damaged. An empty store gives an account
  // that does not exist yet.
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
  [[nodiscard]] keys::KeyHolder& keys() { return service_.holder(); }
  [[nodiscard]] std::vector<crypto::SuiteId> suites() const;

  // Active devices of this account other than this one.
  [[nodiscard]] std::vector<identity::DeviceId> other_devices() const;
  // Whether this device holds the identity, and so signs the record (docs/spec/devices.md §1). Errors: the keys'.
  Result<bool> primary();
  // Records of the primary device, stored and still to be published. Errors: usage (this is a further device; the id
  // was used before; too many devices; no such device).
  Result<Bytes> add_device(const identity::DeviceEntry& device);
  Result<Bytes> revoke_device(identity::DeviceId device);
  // A newer record of ours, as the server gave it: the primary device's work, taken by the others. Errors: refused.
  Result<identity::Succession> take_record(ByteView signed_record);

  // A further device: makes its keys, for the primary device to add; then takes the record that names them.
  Result<identity::DeviceEntry> create_device(const New& account, identity::DeviceId device);
  Status finish_device(const New& account, identity::DeviceId device, ByteView signed_record);

  [[nodiscard]] crypto::Level minimum_level() const { return minimum_level_; }
  Status set_minimum_level(crypto::Level level);

  // Login, or registration while the server has not confirmed it. Raises the profile's generation.
  Result<std::unique_ptr<pqc_chat::v1::ClientFrame>> sign_in(const pqc_chat::v1::Hello& hello,
                                                             const net::LinkInfo& link, const std::string& invite);
  Status set_registered();
  // Where the server was reached; stored by set_registered().
  void set_address(const std::string& host, std::uint16_t port) {
    row_.host = host;
    row_.port = port;
  }
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

  // What a session that is now stored, in the open transaction, has used up: forgotten after the commit.
  Status forget_later(const pqxdh::PrekeyUse& prekeys, const pqxdh::SessionId& session);
  // From now on the security log names no strangers: they call a service that forgets them (docs/spec/calls.md §10).
  void serve_strangers();

  // Into the security log, at once or when the open transaction is committed.
  void report(const keys::audit::Event& event);
  void report_later(keys::audit::Event event) { events_.push_back(std::move(event)); }
  // A device that the record of a contact, or ours, has more or less than before.
  void report_device(keys::audit::Kind what, const std::string& account, identity::DeviceId device);
  // As report(), for what strangers can cause: not more than limits::refusals_an_hour.
  void report_refused(std::string_view peer, std::string_view why);

  Status commit(Transaction& transaction);
  // Undoes it, and forgets what was to be reported with it.
  void roll_back(Transaction& transaction);

 private:
  bool may_name(std::string_view peer);
  Status ready_to_create();
  Status note_vault_generation();
  Status store_generation();
  void settle();
  Result<identity::AccountRecord> next_record(UnixMillis now);
  Result<identity::AccountRecord> next_record_of_primary();
  Result<Bytes> publish_next(const identity::AccountRecord& next);
  Status store_record(Bytes signed_record);
  Status adopt_record(Bytes signed_record);
  Result<Bytes> sign(const pqc_chat::v1::Hello& hello, const net::LinkInfo& link, crypto::SuiteId suite);

  Store& store_;
  KeyService& service_;
  const Clock& clock_;
  AccountRow row_;
  std::optional<identity::VerifiedRecord> record_;
  crypto::Level minimum_level_ = crypto::default_minimum_level;
  std::uint64_t generation_ = 0;
  std::uint64_t vault_generation_ = 0;  // as stored
  bool unsettled_ = false;              // the store holds something to forget
  std::vector<keys::audit::Event> events_;
  bool serves_strangers_ = false;
  UnixMillis refusals_since_{};
  std::size_t refusals_ = 0;
};

}  // namespace pqc::client
