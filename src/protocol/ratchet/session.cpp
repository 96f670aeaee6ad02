#include "protocol/ratchet/session.h"

#include <utility>

#include "protocol/ratchet/receiving.h"
#include "protocol/ratchet/sending.h"
#include "protocol/ratchet/state.h"

namespace pqc::ratchet {
namespace {

LockedPtr<State> new_state(const crypto::Suite& suite, Role role, StartKeys& keys) {
  auto state = make_locked<State>();
  state->suite = &suite;
  state->layout = layout_of(suite);
  state->role = role;
  state->root = std::move(keys.root);
  state->next_header = std::move(keys.header[1]);
  state->after_next_header = std::move(keys.header[2]);
  return state;
}

}  // namespace

Session::Session(LockedPtr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Result<Session> Session::start_initiator(const crypto::Suite& suite,
                                         std::span<const std::uint8_t, session_secret_size> session_secret,
                                         std::span<const std::uint8_t, transcript_hash_size> transcript_hash,
                                         Rng& rng) {
  auto keys = derive_start(suite, session_secret, transcript_hash);
  if (!keys) return std::unexpected(keys.error());
  auto state = new_state(suite, Role::initiator, *keys);
  auto begun = begin_first_turn(*state, *keys, rng, state->phase.emplace<Sending>());
  if (!begun) return std::unexpected(begun.error());
  return Session(std::move(state));
}

Result<Session> Session::start_responder(const crypto::Suite& suite,
                                         std::span<const std::uint8_t, session_secret_size> session_secret,
                                         std::span<const std::uint8_t, transcript_hash_size> transcript_hash) {
  auto keys = derive_start(suite, session_secret, transcript_hash);
  if (!keys) return std::unexpected(keys.error());
  auto state = new_state(suite, Role::responder, *keys);
  state->current = ReceivingChain{std::move(keys->header[0]), std::move(keys->chain), 0};
  return Session(std::move(state));
}

SecretBytes Session::encode() const {
  return encode_state(*state_);
}

Result<Session> Session::parse(ByteView encoded) {
  auto state = parse_state(encoded);
  if (!state) return std::unexpected(state.error());
  return Session(std::move(*state));
}

std::size_t Session::ciphertext_size(std::size_t text_size) const {
  const auto turn = std::holds_alternative<Sending>(state_->phase) ? state_->turn : state_->turn + 1;
  return state_->layout.message(turn, text_size);
}

Result<Sent> Session::encrypt(ByteView text, ByteView associated_data, RecordVersions records, Rng& rng, ByteSpan out) {
  if (!can_send()) return std::unexpected(Error::not_ready);
  if (text.size() > max_text || associated_data.size() > max_associated_data) return std::unexpected(Error::too_long);
  if (out.size() < ciphertext_size(text.size())) return std::unexpected(Error::buffer);
  return seal_message(*state_, text, associated_data, records, rng, out);
}

Result<Received> Session::decrypt(ByteView message, ByteView associated_data, ByteSpan out) {
  if (out.size() < message.size()) return std::unexpected(Error::buffer);
  const auto longest = state_->layout.message(1, max_text);
  if (message.size() > longest || associated_data.size() > max_associated_data) return std::unexpected(Error::refused);
  return open_message(*state_, message, associated_data, out);
}

const crypto::Suite& Session::suite() const {
  return *state_->suite;
}
Role Session::role() const {
  return state_->role;
}
bool Session::can_send() const {
  return !std::holds_alternative<Awaiting>(state_->phase);
}
std::uint64_t Session::turn() const {
  return state_->turn;
}
std::size_t Session::skipped_keys() const {
  return state_->skipped.size();
}

}  // namespace pqc::ratchet
