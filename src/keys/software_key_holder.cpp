#include "keys/software_key_holder.h"

#include <algorithm>
#include <map>
#include <optional>

#include "identity/field_reader.h"
#include "identity/labels.h"
#include "identity/limits.h"
#include "keys/batch_keys.h"
#include "keys/limits.h"
#include "keys/secret_writer.h"
#include "keys/suite_keys.h"
#include "protocol/pqxdh/limits.h"

namespace pqc::keys {
namespace {

constexpr std::uint8_t primary_format = 1;
constexpr std::uint8_t further_format = 2;  // the same without identity keys
constexpr std::string_view core_name = "core";
constexpr std::string_view batch_prefix = "batch-";

std::string batch_name(pqxdh::BatchId id) {
  return std::string(batch_prefix) + std::to_string(id.value);
}

Error from_agreement(pqxdh::Error error) {
  switch (error) {
    case pqxdh::Error::unsupported:
      return Error::unsupported;
    case pqxdh::Error::mismatch:
      return Error::mismatch;
    case pqxdh::Error::limit:
      return Error::limit;
    case pqxdh::Error::backend:
      return Error::backend;
    case pqxdh::Error::malformed:
    case pqxdh::Error::bad_signature:
    case pqxdh::Error::not_yet_valid:
    case pqxdh::Error::expired:
    case pqxdh::Error::refused:
      return Error::refused;
  }
  return Error::refused;
}

// The highest record that was signed, so that no fork of it ever is.
struct SignedRecordMark {
  identity::RecordVersion version{0};
  identity::RecordHash hash{};
};

Result<void> check_order(const identity::AccountRecord& record, const identity::RecordHash& hash,
                         const SignedRecordMark& last) {
  if (record.version < last.version) return std::unexpected(Error::mismatch);
  if (record.version == last.version && hash != last.hash) return std::unexpected(Error::mismatch);
  const bool direct = record.version.value == last.version.value + 1;
  if (direct && last.version.value != 0 && record.predecessor != last.hash) return std::unexpected(Error::mismatch);
  return {};
}

}  // namespace

struct SoftwareKeyHolder::State {
  struct Core {
    identity::DeviceAddress address;
    std::vector<SuiteKeys> suites;  // in the order of their numbers
    SignedRecordMark last_record;
    std::uint64_t next_batch = 1;

    [[nodiscard]] bool primary() const { return suites.front().identity_key() != nullptr; }
  };
  struct StoredBatch {
    BatchKeys keys;
    std::uint64_t changed;
  };

  std::optional<Core> core;
  std::uint64_t core_changed = 0;
  std::map<pqxdh::BatchId, StoredBatch> batches;
  std::map<std::string, std::uint64_t> removed;
  std::uint64_t generation = 0;
  std::uint64_t saved = 0;

  void touch_core() { core_changed = ++generation; }
  void touch(StoredBatch& batch) { batch.changed = ++generation; }
  void destroy(pqxdh::BatchId batch) {
    batches.erase(batch);
    removed[batch_name(batch)] = ++generation;
  }
  // For one more batch of this suite: the oldest one goes where there are too many.
  void make_room(crypto::SuiteId suite) {
    std::vector<pqxdh::BatchId> of_suite;  // oldest first
    for (const auto& [id, batch] : batches)
      if (batch.keys.manifest().suite == suite) of_suite.push_back(id);
    if (of_suite.size() >= max_batches_a_suite) destroy(of_suite.front());
  }

  [[nodiscard]] const SuiteKeys* find(crypto::SuiteId suite) const {
    if (!core) return nullptr;
    const auto found =
        std::ranges::find_if(core->suites, [&](const SuiteKeys& keys) { return keys.suite().id == suite; });
    return found == core->suites.end() ? nullptr : &*found;
  }
  [[nodiscard]] Error missing() const { return core ? Error::unsupported : Error::no_identity; }

  [[nodiscard]] identity::DeviceIdentity identity_in(const SuiteKeys& keys, identity::RecordVersion version) const {
    const auto& device = keys.public_device();
    return {core->address, version, device.suite, device.signature_key, device.dh_key};
  }

  [[nodiscard]] bool is_own(const identity::AccountRecord& record) const;
  [[nodiscard]] SecretBytes encode_core() const;
  [[nodiscard]] Result<void> decode_core(ByteView bytes);
  [[nodiscard]] Result<void> decode_batch(const StateItem& item);
  [[nodiscard]] std::vector<StateItem> items_since(std::uint64_t since) const;
};

// The record's account and identity keys are ours, and so are the keys of our device in it.
bool SoftwareKeyHolder::State::is_own(const identity::AccountRecord& record) const {
  if (record.account != core->address.account || record.identities.size() != core->suites.size()) return false;
  const auto* device = record.find(core->address.device);
  if (device == nullptr) return false;
  for (const auto& keys : core->suites) {
    const auto* identity = record.find(keys.suite().id);
    if (identity == nullptr || keys.public_identity() != *identity) return false;
  }
  return std::ranges::all_of(device->keys, [&](const identity::DeviceKeys& keys) {
    const auto* ours = find(keys.suite);
    return ours != nullptr && ours->public_device() == keys;
  });
}

SecretBytes SoftwareKeyHolder::State::encode_core() const {
  Bytes account;
  wire::Writer account_writer(account);
  core->address.account.encode(account_writer);
  SecretWriter writer;
  writer.u8(core->primary() ? primary_format : further_format);
  writer.bytes(account);
  writer.u32(core->address.device.value);
  writer.u64(core->last_record.version.value);
  writer.bytes(core->last_record.hash);
  writer.u64(core->next_batch);
  writer.u8(static_cast<std::uint8_t>(core->suites.size()));
  for (const auto& keys : core->suites) keys.encode(writer);
  return writer.take();
}

Result<void> SoftwareKeyHolder::State::decode_core(ByteView bytes) {
  identity::FieldReader reader(bytes);
  const auto format = reader.u8();
  reader.require(format == primary_format || format == further_format);
  Core decoded;
  decoded.address = reader.address();
  decoded.last_record.version = {reader.u64()};
  decoded.last_record.hash = reader.array<64>();
  decoded.next_batch = reader.u64();
  const auto count = reader.u8();
  reader.require(count >= 1 && count <= identity::max_suites);
  for (unsigned i = 0; reader.ok() && i < count; ++i) {
    auto keys = SuiteKeys::decode(reader, format == primary_format);
    if (!keys) return std::unexpected(keys.error());
    decoded.suites.push_back(*std::move(keys));
  }
  if (!reader.finish()) return std::unexpected(Error::damaged_state);
  core = std::move(decoded);
  return {};
}

Result<void> SoftwareKeyHolder::State::decode_batch(const StateItem& item) {
  auto keys = BatchKeys::decode(item.value.view());
  if (!keys) return std::unexpected(keys.error());
  const auto id = keys->manifest().batch;
  if (item.name != batch_name(id)) return std::unexpected(Error::damaged_state);
  batches.insert_or_assign(id, StoredBatch{*std::move(keys), 0});
  return {};
}

std::vector<StateItem> SoftwareKeyHolder::State::items_since(std::uint64_t since) const {
  std::vector<StateItem> items;
  if (core && core_changed >= since) items.push_back({std::string(core_name), encode_core()});
  for (const auto& [id, batch] : batches)
    if (batch.changed >= since) items.push_back({batch_name(id), batch.keys.encode()});
  return items;
}

SoftwareKeyHolder::SoftwareKeyHolder(Rng& rng) : state_(std::make_unique<State>()), rng_(rng) {}
SoftwareKeyHolder::~SoftwareKeyHolder() = default;

Result<PublicIdentity> SoftwareKeyHolder::create(const identity::AccountName& account, identity::DeviceId device,
                                                 std::span<const crypto::SuiteId> suites) {
  return create_keys(account, device, suites, true);
}

Result<PublicIdentity> SoftwareKeyHolder::create_device(const identity::AccountName& account, identity::DeviceId device,
                                                        std::span<const crypto::SuiteId> suites) {
  return create_keys(account, device, suites, false);
}

Result<PublicIdentity> SoftwareKeyHolder::create_keys(const identity::AccountName& account, identity::DeviceId device,
                                                      std::span<const crypto::SuiteId> suites, bool primary) {
  if (state_->core) return std::unexpected(Error::has_identity);
  std::vector<crypto::SuiteId> ordered(suites.begin(), suites.end());
  std::ranges::sort(ordered);
  const bool repeated = std::ranges::adjacent_find(ordered) != ordered.end();
  if (ordered.empty() || repeated || !device.valid() || account.name().empty()) return std::unexpected(Error::invalid);
  State::Core core;
  core.address = {account, device};
  for (const auto id : ordered) {
    const auto* suite = crypto::find_suite(id);
    if (suite == nullptr) return std::unexpected(Error::unsupported);
    auto keys = SuiteKeys::generate(*suite, primary, rng_);
    if (!keys) return std::unexpected(keys.error());
    core.suites.push_back(*std::move(keys));
  }
  state_->core = std::move(core);
  state_->removed.erase(std::string(core_name));
  state_->touch_core();
  return public_identity();
}

Result<PublicIdentity> SoftwareKeyHolder::public_identity() const {
  if (!state_->core) return std::unexpected(Error::no_identity);
  PublicIdentity out{state_->core->address.account, state_->core->address.device, {}, {}};
  for (const auto& keys : state_->core->suites) {
    if (keys.public_identity()) out.identities.push_back(*keys.public_identity());
    out.device_keys.push_back(keys.public_device());
  }
  return out;
}

Result<void> SoftwareKeyHolder::discard() {
  if (!state_->core) return std::unexpected(Error::no_identity);
  while (!state_->batches.empty()) state_->destroy(state_->batches.begin()->first);
  state_->core.reset();
  state_->removed[std::string(core_name)] = ++state_->generation;
  return {};
}

Result<Bytes> SoftwareKeyHolder::sign_record(const identity::AccountRecord& record) {
  if (!state_->core || !state_->core->primary()) return std::unexpected(Error::no_identity);
  const auto content = identity::encode_content(record);
  if (!content) return std::unexpected(Error::invalid);
  if (!state_->is_own(record)) return std::unexpected(Error::mismatch);
  const auto hash = identity::record_hash(*content);
  if (auto order = check_order(record, hash, state_->core->last_record); !order) return std::unexpected(order.error());
  std::vector<Bytes> signatures;
  for (const auto& keys : state_->core->suites) {
    auto signature = keys.identity_key()->sign(identity::labels::account_record, *content, rng_);
    if (!signature) return std::unexpected(Error::backend);
    signatures.push_back(*std::move(signature));
  }
  auto encoded = identity::encode_signed(record, signatures);
  if (!encoded) return std::unexpected(Error::invalid);
  state_->core->last_record = {record.version, hash};
  state_->touch_core();
  return *std::move(encoded);
}

Result<Bytes> SoftwareKeyHolder::sign(const identity::Statement& statement) {
  const auto* keys = state_->find(identity::suite_of(statement));
  if (keys == nullptr) return std::unexpected(state_->missing());
  if (identity::signer_of(statement) != state_->core->address) return std::unexpected(Error::mismatch);
  return keys->device_key()
      .sign(identity::label_of(statement), identity::encode(statement), rng_)
      .transform_error([](crypto::Error) { return Error::backend; });
}

Result<pqxdh::PrekeyBatch> SoftwareKeyHolder::generate_batch(crypto::SuiteId suite, std::uint32_t size,
                                                             UnixMillis now) {
  const auto* keys = state_->find(suite);
  if (keys == nullptr) return std::unexpected(state_->missing());
  if (size == 0 || size > pqxdh::max_batch_size) return std::unexpected(Error::limit);

  auto& core = *state_->core;
  pqxdh::PrekeyManifest head;
  head.account = core.address.account;
  head.device = core.address.device;
  head.batch = {core.next_batch};
  head.created = now;
  head.expires = now + pqxdh::batch_lifetime;
  auto made = BatchKeys::generate(keys->suite(), std::move(head), size, rng_);
  if (!made) return std::unexpected(made.error());
  auto batch = pqxdh::sign_batch(made->keys.manifest(), made->pairs, *made->tree, made->last_resort_key,
                                 keys->device_key(), rng_);
  if (!batch) return std::unexpected(Error::backend);

  ++core.next_batch;
  state_->touch_core();
  state_->make_room(suite);
  const auto id = made->keys.manifest().batch;
  auto [stored, fresh] = state_->batches.insert_or_assign(id, State::StoredBatch{std::move(made->keys), 0});
  state_->touch(stored->second);
  return *std::move(batch);
}

std::vector<BatchStatus> SoftwareKeyHolder::batches() const {
  std::vector<BatchStatus> out;
  for (const auto& [id, batch] : state_->batches) {
    const auto& manifest = batch.keys.manifest();
    out.push_back({manifest.suite, id, manifest.created, manifest.expires, manifest.size, batch.keys.unused()});
  }
  return out;
}

Result<void> SoftwareKeyHolder::destroy_expired(UnixMillis now) {
  std::vector<pqxdh::BatchId> ended;
  for (const auto& [id, batch] : state_->batches)
    if (batch.keys.manifest().expires + pqxdh::batch_grace < now) ended.push_back(id);
  for (const auto id : ended) state_->destroy(id);
  return {};
}

Result<void> SoftwareKeyHolder::destroy_batch(pqxdh::BatchId batch) {
  if (state_->batches.contains(batch)) state_->destroy(batch);
  return {};
}

Result<pqxdh::Initiated> SoftwareKeyHolder::initiate(const pqxdh::VerifiedBundle& peer,
                                                     identity::RecordVersion own_record) {
  const auto* keys = state_->find(peer.device().suite);
  if (keys == nullptr) return std::unexpected(state_->missing());
  const auto us = state_->identity_in(*keys, own_record);
  return pqxdh::initiate({us, keys->device_key(), keys->dh_key()}, peer, rng_).transform_error(from_agreement);
}

Result<pqxdh::Unconfirmed> SoftwareKeyHolder::respond(const pqxdh::InitialPart& part,
                                                      const identity::DeviceIdentity& initiator) {
  const auto* keys = state_->find(part.suite);
  if (keys == nullptr) return std::unexpected(state_->missing());
  const auto batch = state_->batches.find(part.prekeys.batch);
  if (batch == state_->batches.end() || batch->second.keys.manifest().suite != part.suite)
    return std::unexpected(Error::unknown_prekey);
  const auto& prekeys = batch->second.keys;
  const auto objects = prekeys.open(part.prekeys);
  if (!objects) return std::unexpected(objects.error());

  const auto us = state_->identity_in(*keys, part.recipient_record);
  auto session =
      pqxdh::respond({us, keys->device_key(), keys->dh_key()},
                     {prekeys.manifest(), objects->signed_prekey, objects->one_time ? &*objects->one_time : nullptr,
                      objects->kem ? &*objects->kem : nullptr, objects->one_time_key, objects->kem_key},
                     initiator, part);
  if (!session) return std::unexpected(from_agreement(session.error()));
  if (!part.prekeys.one_time && prekeys.remembers(session->id)) return std::unexpected(Error::replayed);
  if (!part.prekeys.one_time && !prekeys.can_remember()) return std::unexpected(Error::limit);
  return *std::move(session);
}

Result<void> SoftwareKeyHolder::forget(const pqxdh::PrekeyUse& use, const pqxdh::SessionId& session) {
  const auto batch = state_->batches.find(use.batch);
  if (batch == state_->batches.end()) return {};
  if (batch->second.keys.manifest().suite != use.suite) return std::unexpected(Error::mismatch);
  const auto changed = batch->second.keys.forget(use, session);
  if (!changed) return std::unexpected(changed.error());
  if (*changed) state_->touch(batch->second);
  return {};
}

StateChanges SoftwareKeyHolder::changes() const {
  StateChanges out;
  out.generation = state_->generation;
  out.changed = state_->items_since(state_->saved + 1);
  for (const auto& [name, generation] : state_->removed) out.removed.push_back(name);
  return out;
}

void SoftwareKeyHolder::saved(std::uint64_t generation) {
  state_->saved = std::max(state_->saved, std::min(generation, state_->generation));
  std::erase_if(state_->removed, [&](const auto& entry) { return entry.second <= state_->saved; });
}

std::vector<StateItem> SoftwareKeyHolder::export_state() const {
  return state_->items_since(0);
}

Result<void> SoftwareKeyHolder::import_state(std::span<const StateItem> items) {
  if (state_->core) return std::unexpected(Error::has_identity);
  auto imported = std::make_unique<State>();
  for (const auto& item : items) {
    if (item.value.size() > max_state_item_size) return std::unexpected(Error::limit);
    auto done = item.name == core_name ? imported->decode_core(item.value.view()) : imported->decode_batch(item);
    if (!done) return done;
  }
  if (!imported->core) return std::unexpected(Error::damaged_state);
  state_ = std::move(imported);
  return {};
}

}  // namespace pqc::keys
