#include "client/people/sessions.h"

#include <algorithm>

#include "base/log.h"
#include "client/limits.h"
#include "crypto/suite.h"
#include "protocol/pqxdh/pqxdh.h"
#include "protocol/ratchet/session.h"

namespace pqc::client {
namespace {

pqxdh::SessionId session_id(const SessionRow& row) {
  pqxdh::SessionId id{};
  std::ranges::copy_n(row.transcript.begin(), static_cast<std::ptrdiff_t>(std::min(row.transcript.size(), id.size())),
                      id.begin());
  return id;
}

std::unexpected<Error> session_damaged() {
  return fail(ExitCode::damaged, "a stored session cannot be read: restore the profile from a backup");
}

}  // namespace

crypto::Level Sessions::required_level(const ContactRow& contact) const {
  const auto pinned = static_cast<crypto::Level>(contact.level.value_or(0));
  return std::max(account_.minimum_level(), pinned);
}

Result<const crypto::Suite*> Sessions::choose_suite(const ContactRow& contact, const identity::VerifiedRecord& record,
                                                    identity::DeviceId device) const {
  std::vector<crypto::SuiteId> theirs;
  if (const auto* entry = record.record().find(device))
    for (const auto& keys : entry->keys) theirs.push_back(keys.suite);
  const auto suite = crypto::choose(account_.suites(), theirs, required_level(contact));
  if (!suite)
    return fail(ExitCode::level_refused, "there is no suite of level " +
                                             std::string(crypto::to_string(required_level(contact))) +
                                             " that both you and " + contact.peer +
                                             " hold: ask them to register with a stronger one; nothing was sent");
  return *suite;
}

Result<bool> Sessions::can_seal(const ContactRow& contact, identity::DeviceId device) {
  auto row = store_.sessions.sending(contact.id, device.value);
  if (!row) return pass(row);
  if (!*row) return false;
  const auto* suite = crypto::find_suite((*row)->suite);
  return suite != nullptr && suite->level >= required_level(contact);
}

Result<SealedMessage> Sessions::seal(const ContactRow& contact, const identity::VerifiedRecord& record,
                                     identity::DeviceId device, ByteView padded) {
  auto row = store_.sessions.sending(contact.id, device.value);
  if (!row) return pass(row);
  if (!*row) return fail(ExitCode::unexpected, "there is no session with " + contact.peer);
  auto session = ratchet::Session::parse((*row)->state.view());
  if (!session) return session_damaged();
  const auto& initial = (*row)->initial;
  const auto kind = initial.empty() ? pqxdh::EnvelopeKind::message : pqxdh::EnvelopeKind::initial;
  const ratchet::RecordVersions versions{.sender = account_.record().version().value,
                                         .receiver = record.version().value};
  Bytes message(session->ciphertext_size(padded.size()));
  const auto sent =
      session->encrypt(padded, pqxdh::envelope_associated_data(kind, session_id(**row)), versions, rng_, message);
  if (!sent)
    return fail(ExitCode::unexpected,
                "the message could not be encrypted: " + std::string(ratchet::to_string(sent.error())));
  message.resize(sent->size);
  if (auto saved = store_.sessions.save_state((*row)->id, session->encode(), clock_.now()); !saved) return pass(saved);
  SealedMessage out{.envelope = initial.empty() ? pqxdh::encode_message_envelope(message)
                                                : pqxdh::encode_initial_envelope(initial, message),
                    .tag = {},
                    .suite = (*row)->suite};
  std::ranges::copy(sent->ack, out.tag.begin());
  return out;
}

std::unexpected<OpenError> Sessions::dropped(std::string_view why, const ContactRow& contact) {
  log(LogLevel::warning, "message.refused", {{"peer", contact.peer}, {"why", why}});
  account_.report_refused(contact.peer, why);
  return std::unexpected(OpenError::refused);
}

void Sessions::report_started(const ContactRow& contact, const crypto::Suite& suite) {
  account_.report_later({.kind = keys::audit::Kind::session_started,
                         .peer = contact.peer,
                         .level = std::string(crypto::to_string(suite.level)),
                         .suite = std::string(suite.name)});
}

Status Sessions::pin_suite(const ContactRow& contact, const crypto::Suite& suite) {
  return store_.contacts.pin_suite(contact.id, static_cast<std::int64_t>(suite.level), crypto::number(suite.id));
}

Result<Sessions::Begun> Sessions::begin(const ContactRow& contact, const identity::VerifiedRecord& record,
                                        identity::DeviceId device, const crypto::Suite& suite, ByteView signed_manifest,
                                        ByteView prekey) {
  const auto refused = [&](std::string_view why) {
    log(LogLevel::warning, "bundle.refused", {{"peer", contact.peer}, {"why", why}});
    account_.report_refused(contact.peer, why);
    if (why == "expired")
      return fail(ExitCode::refused,
                  "the prekeys of " + contact.peer +
                      " have expired: they are renewed when they connect, or this machine's clock is off");
    return fail(ExitCode::refused, "the server gave prekeys of " + contact.peer + " that do not verify (" +
                                       std::string(why) + "): nothing was sent");
  };
  auto verified_device = identity::VerifiedDevice::make(record, device, suite.id);
  if (!verified_device) return refused(identity::name_of(verified_device.error()));
  auto bundle = pqxdh::decode_bundle(signed_manifest, prekey);
  if (!bundle) return refused(pqxdh::name_of(bundle.error()));
  auto verified = pqxdh::verify_bundle(std::move(*bundle), *verified_device, clock_.now());
  if (!verified) return refused(pqxdh::name_of(verified.error()));
  auto initiated = account_.keys().initiate(*verified, account_.record().version());
  if (!initiated && initiated.error() == keys::Error::locked)
    return fail(ExitCode::locked, "the keys of this profile were locked meanwhile: run pqc-chat unlock");
  if (!initiated && initiated.error() == keys::Error::unavailable)
    return fail(ExitCode::busy, "the key agent of this profile does not answer: try again");
  if (!initiated) return refused(keys::name_of(initiated.error()));
  auto session = ratchet::Session::start_initiator(suite, initiated->secret.view(), initiated->id, rng_);
  if (!session) return refused(ratchet::to_string(session.error()));
  SessionRow row{.id = 0,
                 .contact = contact.id,
                 .device = device.value,
                 .transcript = to_bytes(initiated->id),
                 .initial_hash = {},
                 .suite = crypto::number(suite.id),
                 .sends = true,
                 .initial = std::move(initiated->initial_part),
                 .state = session->encode(),
                 .created_at = clock_.now()};
  auto id = store_.sessions.add(row, limits::sessions_a_device);
  if (!id) return pass(id);
  row.id = *id;
  if (auto done = store_.sessions.set_sending(row); !done) return pass(done);
  if (auto done = pin_suite(contact, suite); !done) return pass(done);
  report_started(contact, suite);
  return Begun{.last_resort = !verified->one_time() && suite.hybrid()};
}

std::expected<OpenedMessage, OpenError> Sessions::open(const ContactRow& contact,
                                                       const identity::VerifiedRecord* record,
                                                       identity::DeviceId device, const pqxdh::Envelope& envelope) {
  if (const auto* initial = std::get_if<pqxdh::InitialEnvelope>(&envelope))
    return open_initial(contact, record, device, *initial);
  if (const auto* message = std::get_if<pqxdh::MessageEnvelope>(&envelope))
    return open_message(contact, device, *message);
  return dropped("not a message", contact);
}

Sessions::Opened Sessions::decrypt(const ContactRow& contact, SessionRow& row, pqxdh::EnvelopeKind kind,
                                   ByteView message) {
  auto session = ratchet::Session::parse(row.state.view());
  if (!session) {
    log(LogLevel::error, "session.damaged", {{"peer", contact.peer}});
    return std::unexpected(OpenError::unreadable);
  }
  SecretBytes text(message.size());
  const auto received = session->decrypt(message, pqxdh::envelope_associated_data(kind, session_id(row)), text.fill());
  if (!received)
    return std::unexpected(received.error() == ratchet::Error::duplicate ? OpenError::duplicate : OpenError::refused);
  if (!store_.sessions.save_state(row.id, session->encode(), clock_.now())) return std::unexpected(OpenError::store);
  // The peer has answered our initial part: it need not be repeated.
  if (!row.initial.empty() && session->turn() > 0 && !store_.sessions.clear_initial(row.id))
    return std::unexpected(OpenError::store);
  OpenedMessage out{.padded = SecretBytes(text.view().first(received->size)),
                    .tag = {},
                    .suite = row.suite,
                    .sender_record = received->records.sender,
                    .our_record = received->records.receiver,
                    .restarted = false};
  std::ranges::copy(received->ack, out.tag.begin());
  return out;
}

Sessions::Opened Sessions::open_message(const ContactRow& contact, identity::DeviceId device,
                                        const pqxdh::MessageEnvelope& envelope) {
  auto rows = store_.sessions.of_device(contact.id, device.value);
  if (!rows) return std::unexpected(OpenError::store);
  for (auto& row : *rows) {
    auto opened = decrypt(contact, row, pqxdh::EnvelopeKind::message, envelope.ratchet_message);
    if (!opened && opened.error() == OpenError::refused) continue;
    if (opened && !row.sends && !prefer(row)) return std::unexpected(OpenError::store);
    return opened;
  }
  return std::unexpected(OpenError::unreadable);
}

// Both sides know this session and the one that sends: both choose the lower one.
Status Sessions::prefer(const SessionRow& row) {
  auto current = store_.sessions.sending(row.contact, row.device);
  if (!current) return pass(current);
  if (*current && !pqxdh::preferred(session_id(row), session_id(**current))) return {};
  return store_.sessions.set_sending(row);
}

Sessions::Opened Sessions::open_initial(const ContactRow& contact, const identity::VerifiedRecord* record,
                                        identity::DeviceId device, const pqxdh::InitialEnvelope& envelope) {
  auto known = store_.sessions.begun_by(pqxdh::hash_initial_part(envelope.initial_part));
  if (!known) return std::unexpected(OpenError::store);
  if (!*known) return respond(contact, record, device, envelope);
  if ((*known)->contact != contact.id || (*known)->device != device.value) return dropped("another sender's", contact);
  return decrypt(contact, **known, pqxdh::EnvelopeKind::initial, envelope.ratchet_message);
}

Sessions::Opened Sessions::respond(const ContactRow& contact, const identity::VerifiedRecord* record,
                                   identity::DeviceId device, const pqxdh::InitialEnvelope& envelope) {
  auto part = pqxdh::InitialPart::decode(envelope.initial_part);
  if (!part) return dropped(pqxdh::name_of(part.error()), contact);
  const identity::DeviceAddress us{account_.name(), {account_.row().device}};
  if (part->sender.account.text() != contact.peer || part->sender.device != device || part->recipient != us)
    return dropped("names other devices", contact);
  const auto* suite = crypto::find_suite(part->suite);
  if (suite == nullptr || suite->level < required_level(contact)) return dropped("suite below the policy", contact);
  if (record == nullptr || record->version() < part->sender_record) return std::unexpected(OpenError::need_record);
  auto sender = identity::VerifiedDevice::make(*record, device, part->suite);
  if (!sender) return std::unexpected(OpenError::need_record);
  auto taken = store_.forgets.holds(part->prekeys);
  if (!taken) return std::unexpected(OpenError::store);
  if (*taken) return std::unexpected(OpenError::unreadable);
  auto unconfirmed = account_.keys().respond(*part, sender->identity());
  // Later, when the agent can: the message stays where it is.
  if (!unconfirmed && (unconfirmed.error() == keys::Error::locked || unconfirmed.error() == keys::Error::unavailable))
    return std::unexpected(OpenError::keys);
  if (!unconfirmed && unconfirmed.error() == keys::Error::unknown_prekey) return std::unexpected(OpenError::unreadable);
  if (!unconfirmed && unconfirmed.error() == keys::Error::replayed) return dropped("replayed", contact);
  // The sender's keys are not those of the pinned record: perhaps there is another record, which the user has to know
  // of.
  if (!unconfirmed) return std::unexpected(OpenError::need_record);
  auto agreed = pqxdh::confirm(std::move(*unconfirmed), *sender);
  if (!agreed) return std::unexpected(OpenError::need_record);
  auto remembered = store_.forgets.holds(agreed->id);
  if (!remembered) return std::unexpected(OpenError::store);
  if (*remembered) return dropped("replayed", contact);
  auto session = ratchet::Session::start_responder(*suite, agreed->secret.view(), agreed->id);
  if (!session) return dropped(ratchet::to_string(session.error()), contact);
  SessionRow row{.id = 0,
                 .contact = contact.id,
                 .device = device.value,
                 .transcript = to_bytes(agreed->id),
                 .initial_hash = to_bytes(pqxdh::hash_initial_part(envelope.initial_part)),
                 .suite = crypto::number(suite->id),
                 .sends = false,
                 .initial = {},
                 .state = session->encode(),
                 .created_at = clock_.now()};
  // Nothing is stored for a message that does not open: a stranger's garbage costs no prekey.
  SecretBytes text(envelope.ratchet_message.size());
  if (!session->decrypt(envelope.ratchet_message,
                        pqxdh::envelope_associated_data(pqxdh::EnvelopeKind::initial, agreed->id), text.fill()))
    return dropped("the message does not open", contact);
  const auto restarted = add_session(row);
  if (!restarted || !pin_suite(contact, *suite)) return std::unexpected(OpenError::store);
  if (!account_.forget_later(agreed->prekeys, agreed->id)) return std::unexpected(OpenError::store);
  report_started(contact, *suite);
  auto opened = decrypt(contact, row, pqxdh::EnvelopeKind::initial, envelope.ratchet_message);
  if (opened) opened->restarted = *restarted;
  return opened;
}

// Adds a session that the peer began; answers whether it takes the place of an answered one.
std::expected<bool, OpenError> Sessions::add_session(SessionRow& row) {
  auto current = store_.sessions.sending(row.contact, row.device);
  if (!current) return std::unexpected(OpenError::store);
  auto id = store_.sessions.add(row, limits::sessions_a_device);
  if (!id) return std::unexpected(OpenError::store);
  row.id = *id;
  const bool unanswered = *current && !(*current)->initial.empty();
  const bool takes_over = !unanswered || pqxdh::preferred(session_id(row), session_id(**current));
  if (takes_over && !store_.sessions.set_sending(row)) return std::unexpected(OpenError::store);
  return current->has_value() && !unanswered;
}

}  // namespace pqc::client
