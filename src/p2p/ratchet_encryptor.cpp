// ratchet: identities, PQXDH with prekeys made for this one connection, then the hybrid ratchet (docs/spec/p2p.md §6).
//
//   initiator                       responder
//     hello (record)      <----->    hello (record)
//   AwaitingOffer         <------   offer: bundle with one pair, made now        AwaitingStart
//   AwaitingConfirmation   ------>  start: initial part, first ratchet message   Done
//   Done                  <------   confirmation: ratchet message
//
// Sessions live in locked memory and end with the link.
#include "base/log.h"
#include "crypto/hash.h"
#include "identity/account_name.h"
#include "identity/safety_number.h"
#include "p2p/labels.h"
#include "p2p/limits.h"
#include "p2p/local_identity.h"
#include "p2p/registry.h"
#include "protocol/pqxdh/limits.h"
#include "protocol/pqxdh/pqxdh.h"
#include "protocol/ratchet/session.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

using client::Result;
using client::Status;

constexpr std::string_view confirmation = "confirmed";

std::unexpected<client::Error> keys_failed(keys::Error error) {
  if (error == keys::Error::locked)
    return client::fail(ExitCode::locked, "the keys of this identity are locked: run the command again");
  if (error == keys::Error::refused) return refused("key agreement");
  return client::fail(ExitCode::unexpected,
                      "the keys of this identity cannot be used: " + std::string(keys::name_of(error)));
}

std::vector<crypto::SuiteId> suites_of(const identity::VerifiedRecord& record) {
  std::vector<crypto::SuiteId> out;
  for (const auto& key : record.record().identities) out.push_back(key.suite);
  return out;
}

class RatchetEncryptor final : public Encryptor {
 public:
  explicit RatchetEncryptor(const Party& party) : party_(party) {}
  // Hellos cost nothing, so an offer that came to nothing takes no room of others (THREATS 22). What cannot be erased
  // now is the first that later ones push out.
  ~RatchetEncryptor() override {
    if (state_ == State::awaiting_start) static_cast<void>(party_.keys.destroy_batch(offered_));
  }
  RatchetEncryptor(const RatchetEncryptor&) = delete;
  RatchetEncryptor& operator=(const RatchetEncryptor&) = delete;

  void describe(Hello& ours) const override { ours.record = party_.record.encoded(); }
  Result<Step> begin(const Hellos& hellos) override;
  Result<Step> handshake(ByteView frame) override;
  [[nodiscard]] const Peer& peer() const override { return peer_; }
  Result<Bytes> seal(ByteView content) override;
  Result<ByteView> open(ByteView sealed) override;

 private:
  enum class State : std::uint8_t { idle, awaiting_offer, awaiting_start, awaiting_confirmation, done };

  Status know_peer(const Hello& theirs);
  Result<Step> offer();
  Result<Step> on_offer(ByteView frame);
  Result<Step> on_start(ByteView frame);
  Result<Step> on_confirmation(ByteView frame);
  Result<pqxdh::Agreed> agree(ByteView initial_part);
  void bind(ByteView initial_part);
  Result<Step> finish();

  Party party_;
  State state_ = State::idle;
  Bytes binding_;
  Bytes initiator_hello_;
  Bytes responder_hello_;
  Bytes offer_;
  pqxdh::BatchId offered_{};  // whose pair the start has to use
  crypto::Level minimum_ = crypto::default_minimum_level;
  const crypto::Suite* suite_ = nullptr;
  std::optional<identity::VerifiedRecord> record_;
  std::optional<identity::VerifiedDevice> device_;
  std::optional<ratchet::Session> session_;
  Bytes associated_data_;
  SecretBytes opened_;  // kept: to make and to wipe one a message costs as much as its cipher
  Peer peer_;
};

Result<Encryptor::Step> RatchetEncryptor::begin(const Hellos& hellos) {
  binding_ = to_bytes(hellos.binding);
  initiator_hello_ = to_bytes(hellos.initiator());
  responder_hello_ = to_bytes(hellos.responder());
  minimum_ = std::max(party_.minimum_level, hellos.theirs.minimum_level);
  if (auto known = know_peer(hellos.theirs); !known) return client::pass(known);
  if (hellos.ours.role == Role::responder) return offer();
  state_ = State::awaiting_offer;
  return Step{};
}

Status RatchetEncryptor::know_peer(const Hello& theirs) {
  const auto name = p2p_account(theirs.name);
  if (!name) return refused("name");
  auto record = identity::verify(theirs.record, *name, party_.clock.now());
  if (!record) {
    if (record.error() == identity::Error::not_yet_valid || record.error() == identity::Error::expired)
      return client::fail(ExitCode::clock_off, "the other side's keys are " +
                                                   std::string(identity::name_of(record.error())) +
                                                   " by this machine's clock: check the clocks of both");
    return refused(identity::name_of(record.error()));
  }
  record_.emplace(std::move(*record));
  if (record_->record().identities == party_.record.record().identities)
    return client::fail(ExitCode::refused, "the other side has this very identity: make one for each person");
  const auto suite = crypto::choose(suites_of(party_.record), suites_of(*record_), minimum_);
  if (!suite)
    return client::fail(ExitCode::level_refused, "no suite that both identities hold has the level " +
                                                     std::string(crypto::to_string(minimum_)) +
                                                     " that one of both sides asks for");
  suite_ = *suite;
  auto device = identity::VerifiedDevice::make(*record_, p2p_device, suite_->id);
  if (!device) return refused(identity::name_of(device.error()));
  device_.emplace(std::move(*device));
  peer_ = {.name = theirs.name,
           .comparable = identity::safety_number(party_.record.record(), record_->record()),
           .suite = std::string(suite_->name),
           .level = std::string(crypto::to_string(suite_->level)),
           .identity = identity_hash(*record_)};
  return {};
}

// A batch for one connection: it is erased when the session begins, or the connection has ended.
Result<Encryptor::Step> RatchetEncryptor::offer() {
  const auto batch = party_.keys.generate_batch(suite_->id, 1, party_.clock.now());
  if (!batch) return keys_failed(batch.error());
  offered_ = batch->batch;
  wire::Writer(offer_).opaque16(batch->signed_manifest).opaque16(batch->one_time.front());
  state_ = State::awaiting_start;
  return Step{.frames = {offer_}};
}

Result<Encryptor::Step> RatchetEncryptor::handshake(ByteView frame) {
  switch (state_) {
    case State::awaiting_offer:
      return on_offer(frame);
    case State::awaiting_start:
      return on_start(frame);
    case State::awaiting_confirmation:
      return on_confirmation(frame);
    default:
      return refused("a handshake message out of order");
  }
}

Result<Encryptor::Step> RatchetEncryptor::on_offer(ByteView frame) {
  wire::Reader reader(frame);
  const auto manifest = reader.opaque16(limits::bundle_part);
  const auto pair = reader.opaque16(limits::bundle_part);
  if (!manifest || !pair || !reader.done()) return refused("offer");
  auto bundle = pqxdh::decode_bundle(*manifest, *pair);
  if (!bundle) return refused(pqxdh::name_of(bundle.error()));
  const auto verified = pqxdh::verify_bundle(std::move(*bundle), *device_, party_.clock.now());
  if (!verified) return refused(pqxdh::name_of(verified.error()));
  // A reusable key would take forward secrecy away; no honest side offers one.
  if (!verified->one_time()) return refused("offer without a one-time pair");
  const auto started = party_.keys.initiate(*verified, party_.record.version());
  if (!started) return keys_failed(started.error());
  offer_ = to_bytes(frame);
  bind(started->initial_part);
  auto session = ratchet::Session::start_initiator(*suite_, started->secret.view(), started->id, party_.rng);
  if (!session) return refused(ratchet::to_string(session.error()));
  session_.emplace(std::move(*session));
  auto confirm = seal(as_bytes(confirmation));
  if (!confirm) return client::pass(confirm);
  Bytes out;
  wire::Writer(out).opaque16(started->initial_part).bytes(*confirm);
  state_ = State::awaiting_confirmation;
  return Step{.frames = {std::move(out)}};
}

Result<Encryptor::Step> RatchetEncryptor::on_start(ByteView frame) {
  wire::Reader reader(frame);
  const auto initial_part = reader.opaque16(pqxdh::max_initial_part_size);
  if (!initial_part) return refused("start");
  const auto message = reader.rest(limits::handshake_frame);
  if (!message) return refused("start");
  const auto agreed = agree(*initial_part);
  if (!agreed) return std::unexpected(agreed.error());
  auto session = ratchet::Session::start_responder(*suite_, agreed->secret.view(), agreed->id);
  if (!session) return refused(ratchet::to_string(session.error()));
  session_.emplace(std::move(*session));
  bind(*initial_part);
  const auto text = open(*message);
  if (!text || as_text(*text) != confirmation) return refused("confirmation");
  if (const auto erased = party_.keys.destroy_batch(offered_); !erased) return keys_failed(erased.error());
  auto confirm = seal(as_bytes(confirmation));
  if (!confirm) return client::pass(confirm);
  state_ = State::done;
  return Step{.frames = {std::move(*confirm)}, .done = true};
}

Result<pqxdh::Agreed> RatchetEncryptor::agree(ByteView initial_part) {
  const auto part = pqxdh::InitialPart::decode(initial_part);
  if (!part) return refused(pqxdh::name_of(part.error()));
  if (part->suite != suite_->id || part->sender != device_->identity().address || !part->prekeys.one_time)
    return refused("start: another suite, sender or kind of prekey");
  if (part->prekeys.batch != offered_) return refused("start: the pair of another connection");
  auto unconfirmed = party_.keys.respond(*part, device_->identity());
  if (!unconfirmed) return refused(keys::name_of(unconfirmed.error()));
  auto agreed = pqxdh::confirm(std::move(*unconfirmed), *device_);
  if (!agreed) return refused(pqxdh::name_of(agreed.error()));
  return std::move(*agreed);
}

Result<Encryptor::Step> RatchetEncryptor::on_confirmation(ByteView frame) {
  const auto text = open(frame);
  if (!text || as_text(*text) != confirmation) return refused("confirmation");
  state_ = State::done;
  return Step{.frames = {}, .done = true};
}

// From here on every message is bound to all that was said before it.
void RatchetEncryptor::bind(ByteView initial_part) {
  const auto hash = hash_transcript({binding_, initiator_hello_, responder_hello_, offer_, initial_part});
  associated_data_ = to_bytes(as_bytes(labels::message));
  append(associated_data_, hash);
}

Result<Bytes> RatchetEncryptor::seal(ByteView content) {
  Bytes out(session_->ciphertext_size(content.size()));
  const ratchet::RecordVersions records{.sender = party_.record.version().value, .receiver = record_->version().value};
  const auto sent = session_->encrypt(content, associated_data_, records, party_.rng, out);
  if (!sent) return client::fail(ExitCode::unexpected, "cannot seal: " + std::string(ratchet::to_string(sent.error())));
  out.resize(sent->size);
  return out;
}

Result<ByteView> RatchetEncryptor::open(ByteView sealed) {
  if (opened_.size() < sealed.size()) opened_ = SecretBytes(sealed.size());
  const auto received = session_->decrypt(sealed, associated_data_, opened_.fill());
  if (!received) return refused(ratchet::to_string(received.error()));
  if (received->records.sender != record_->version().value) return refused("another record than the sender's");
  // Links keep the order: whoever left out or moved a message cannot hide it behind the ratchet's patience.
  if (session_->skipped_keys() != 0) return refused("a message before this one is missing");
  return opened_.view().first(received->size);
}

Result<EncryptorFactory> prepare(const Party& party) {
  return [party] { return std::make_unique<RatchetEncryptor>(party); };
}

constexpr EncryptionKind kind{
    .name = "ratchet", .label = "ratchet", .code = 1, .quantum_safe = true, .consent = "", .prepare = prepare};

}  // namespace

const EncryptionKind& ratchet_encryption() {
  return kind;
}

}  // namespace pqc::p2p
