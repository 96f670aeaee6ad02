#include "protocol/ratchet/receiving.h"

#include <algorithm>
#include <utility>

#include "crypto/aead.h"

namespace pqc::ratchet {
namespace {

using crypto::AeadAlg;

constexpr std::array<std::uint8_t, nonce_size> zero_nonce{};  // §4: body keys are used once

std::unexpected<Error> refusal(crypto::Error error) {
  return std::unexpected(error == crypto::Error::backend ? Error::backend : Error::refused);
}

// ---- the header

struct Incoming {
  ByteView message;
  ByteView associated_data;
  ByteSpan scratch;  // max_header_size bytes, for the opened header
};

struct OpenedHeader {
  std::uint64_t turn;
  std::size_t prefix;  // its length
  ParsedHeader parsed;
};

// One trial: nothing where this key does not open it.
Result<OpenedHeader> try_header(const Layout& layout, const Incoming& in, std::uint64_t turn, const HeaderKey& key) {
  const auto prefix = layout.prefix(turn);
  if (in.message.size() < prefix + body_overhead) return std::unexpected(Error::refused);
  const auto nonce = in.message.subspan(salt_size, nonce_size);
  const auto sealed = in.message.subspan(salt_size + nonce_size, layout.header(turn) + tag_size);
  const auto header = in.scratch.first(layout.header(turn));
  const auto opened = crypto::open(AeadAlg::aes_256_gcm, key.view(), nonce, in.associated_data, sealed, header);
  if (!opened) return refusal(opened.error());
  return parse_header(layout, turn, header).transform([&](const ParsedHeader& parsed) {
    return OpenedHeader{turn, prefix, parsed};
  });
}

// At most max_header_trials, the likeliest first.
Result<OpenedHeader> open_header(const State& state, const Incoming& in) {
  Result<OpenedHeader> opened = std::unexpected(Error::refused);
  if (state.current) opened = try_header(state.layout, in, state.current_turn(), state.current->header);
  if (!opened && state.turn < last_turn && std::holds_alternative<Sending>(state.phase)) {
    opened = try_header(state.layout, in, state.turn + 1, state.next_header);
  }
  const auto older = state.older.all();
  for (auto chain = older.rbegin(); !opened && chain != older.rend(); ++chain) {
    opened = try_header(state.layout, in, chain->turn, chain->header);
  }
  return opened;
}

// ---- the message key, and what receiving it will change

struct ReceiveStep {
  RootKey root;
  HeaderKey after_next_header;
};

struct Receipt {
  MessageKey key;
  std::optional<std::size_t> used_key;    // position among the skipped keys
  std::optional<ReceivingChain> current;  // replaces the current chain
  SkippedKeys passed_over;
  std::optional<Due> due;           // replaces the phase
  std::optional<ReceiveStep> step;  // begins the next turn
};

// Moves a chain from its number to `to`. The keys in between are kept, as far as they may be.
Result<void> pass_over(ReceivingChain& chain, std::uint64_t turn, std::uint32_t to, SkippedKeys& kept) {
  const auto count = to - chain.next_number;
  if (count > max_jump) return std::unexpected(Error::refused);
  const auto wanted = std::min<std::size_t>(count, max_skipped_keys);
  kept.reserve_for(wanted);
  for (auto left = count; left > 0; --left, ++chain.next_number) {
    auto key = advance(chain.chain);
    if (!key) return std::unexpected(key.error());
    if (left <= wanted && !kept.add({turn, chain.next_number, std::move(*key)})) {
      return std::unexpected(Error::refused);
    }
  }
  return {};
}

// Moves `chain` behind message `number` of `turn`, whose key goes to the receipt.
Result<void> take_from_chain(ReceivingChain& chain, std::uint64_t turn, std::uint32_t number, Receipt& receipt) {
  if (number == max_chain_length) return std::unexpected(Error::refused);
  if (auto passed = pass_over(chain, turn, number, receipt.passed_over); !passed) return passed;
  auto key = advance(chain.chain);
  if (!key) return std::unexpected(key.error());
  ++chain.next_number;
  receipt.key = std::move(*key);
  return {};
}

// The peer's keys of a turn seen for the first time, checked.
Result<void> learn_part(const State& state, const RatchetPart& part, Due& due) {
  std::ranges::copy(part.dh_public, due.dh_public.begin());
  std::ranges::copy(part.kem_public, due.kem_public.begin());
  if (!state.suite->kem) return {};
  auto key = crypto::KemPublicKey::decode(*state.suite->kem, part.kem_public);
  if (!key) return refusal(key.error());
  due.kem = std::move(*key);
  return {};
}

Result<void> agree(const State& state, const PartKeys& keys, const RatchetPart& part, ByteSpan secret) {
  const auto own_public = ByteView(std::get<Sending>(state.phase).part).first(state.layout.dh);
  const auto own_private = ByteView(keys.dh_private.view()).first(state.layout.dh);
  if (keys.dh) {
    const auto agreed = keys.dh->agree(part.dh_public, secret);
    if (!agreed) return refusal(agreed.error());
    return {};
  }
  const auto key = crypto::DhPrivateKey::from_pair(state.suite->dh, own_private, own_public);
  if (!key) return std::unexpected(Error::backend);
  if (const auto agreed = key->agree(part.dh_public, secret); !agreed) return refusal(agreed.error());
  return {};
}

Result<void> decapsulate(const State& state, const PartKeys& keys, const RatchetPart& part, crypto::KemSecret& secret) {
  if (!state.suite->kem) return {};
  std::optional<crypto::KemPrivateKey> made;
  if (!keys.kem) {
    auto key = crypto::KemPrivateKey::from_seed(*state.suite->kem, keys.kem_seed.view());
    if (!key) return std::unexpected(Error::backend);
    made = std::move(*key);
  }
  const auto& key = made ? *made : *keys.kem;
  if (const auto done = key.decapsulate(part.kem_ciphertext, secret.fill()); !done) return refusal(done.error());
  return {};
}

// §3.2, the receiver's side: the peer's next turn.
Result<StepKeys> receive_step(const State& state, const RatchetPart& part) {
  const auto& keys = std::get<Sending>(state.phase).keys;
  DhSecret dh;
  crypto::KemSecret kem;
  const auto dh_secret = ByteSpan(dh.fill()).first(state.layout.dh);
  const auto kem_secret = state.suite->kem ? ByteView(kem.view()) : ByteView();
  if (auto done = agree(state, keys, part, dh_secret); !done) return std::unexpected(done.error());
  if (auto done = decapsulate(state, keys, part, kem); !done) return std::unexpected(done.error());
  return derive_step(*state.suite, state.turn + 1, state.root, dh_secret, kem_secret, part.whole);
}

ReceivingChain copy_of(const ReceivingChain& chain) {
  return {chain.header.clone(), chain.chain.clone(), chain.next_number};
}

Result<void> take_from_next_turn(const State& state, const OpenedHeader& opened, Receipt& receipt) {
  const auto& [header, part] = opened.parsed;
  const auto received = state.current ? state.current->next_number : 0;
  if (header.previous_length < received) return std::unexpected(Error::refused);
  if (state.current) {
    auto ended = copy_of(*state.current);
    auto passed = pass_over(ended, state.current_turn(), header.previous_length, receipt.passed_over);
    if (!passed) return passed;
  } else if (header.previous_length != 0) {
    return std::unexpected(Error::refused);
  }
  if (auto learnt = learn_part(state, part, receipt.due.emplace()); !learnt) return learnt;
  auto keys = receive_step(state, part);
  if (!keys) return std::unexpected(keys.error());
  receipt.step = {std::move(keys->root), std::move(keys->after_next_header)};
  auto& chain = receipt.current.emplace(ReceivingChain{state.next_header.clone(), std::move(keys->chain), 0});
  return take_from_chain(chain, opened.turn, header.number, receipt);
}

Result<void> take_from_current(const State& state, const OpenedHeader& opened, Receipt& receipt) {
  if (std::holds_alternative<Awaiting>(state.phase)) {
    if (auto learnt = learn_part(state, opened.parsed.part, receipt.due.emplace()); !learnt) return learnt;
  }
  auto& chain = receipt.current.emplace(copy_of(*state.current));
  return take_from_chain(chain, opened.turn, opened.parsed.header.number, receipt);
}

Result<void> take_skipped(const State& state, const OpenedHeader& opened, Receipt& receipt) {
  receipt.used_key = state.skipped.find(opened.turn, opened.parsed.header.number);
  if (!receipt.used_key) return std::unexpected(Error::duplicate);
  receipt.key = state.skipped.all()[*receipt.used_key].key.clone();
  return {};
}

Result<void> take_key(const State& state, const OpenedHeader& opened, Receipt& receipt) {
  if (std::holds_alternative<Sending>(state.phase) && opened.turn == state.turn + 1) {
    return take_from_next_turn(state, opened, receipt);
  }
  const bool ahead = opened.turn == state.current_turn() && opened.parsed.header.number >= state.current->next_number;
  return ahead ? take_from_current(state, opened, receipt) : take_skipped(state, opened, receipt);
}

// ---- the body

// Both layers, outer first, in place in `out`; a layer that does not open leaves zeros there.
Result<BodyKeys> open_body(const MessageKey& key, const Incoming& in, std::size_t prefix_size, ByteSpan out) {
  auto keys = derive_body(key, in.message.first(salt_size));
  if (!keys) return keys;
  const auto prefix = in.message.first(prefix_size);
  const auto body = in.message.subspan(prefix_size);
  const auto inner = out.first(body.size() - tag_size);
  auto opened =
      crypto::open(AeadAlg::aes_256_gcm, keys->outer.view(), zero_nonce, {prefix, in.associated_data}, body, inner);
  if (opened) {
    opened = crypto::open(AeadAlg::chacha20_poly1305, keys->inner.view(), zero_nonce, {prefix, in.associated_data},
                          inner, inner.first(inner.size() - tag_size));
  }
  if (!opened) return refusal(opened.error());
  return keys;
}

// ---- the commit: nothing in it can fail

void drop_spent_chains(State& state) noexcept {
  state.older.erase_if([&](const OlderChain& chain) { return !state.skipped.has_turn(chain.turn); });
}

// The current chain is over: it stays only for its skipped keys.
void retire_current(State& state) noexcept {
  if (!state.current || !state.skipped.has_turn(state.current_turn())) return;
  if (state.older.full()) {
    state.skipped.erase_turn(state.older.all().front().turn);
    drop_spent_chains(state);
  }
  state.older.add({state.current_turn(), std::move(state.current->header)});
}

void begin_peer_turn(State& state, ReceiveStep&& step) noexcept {
  retire_current(state);
  if (const auto* sending = std::get_if<Sending>(&state.phase)) state.previous_length = sending->next_number;
  ++state.turn;
  state.root = std::move(step.root);
  state.next_header = std::move(state.after_next_header);
  state.after_next_header = std::move(step.after_next_header);
}

void commit(State& state, Receipt&& receipt) noexcept {
  if (receipt.used_key) state.skipped.erase(*receipt.used_key);
  state.skipped.append(std::move(receipt.passed_over));
  drop_spent_chains(state);
  if (receipt.step) begin_peer_turn(state, std::move(*receipt.step));
  if (receipt.current) state.current = std::move(*receipt.current);
  if (receipt.due) state.phase = std::move(*receipt.due);
}

}  // namespace

Result<Received> open_message(State& state, ByteView message, ByteView associated_data, ByteSpan out) {
  std::array<std::uint8_t, max_header_size> scratch;
  const Incoming in{message, associated_data, scratch};
  const auto opened = open_header(state, in);
  if (!opened) return std::unexpected(opened.error());
  Receipt receipt;
  if (auto taken = take_key(state, *opened, receipt); !taken) return std::unexpected(taken.error());
  const auto body = open_body(receipt.key, in, opened->prefix, out);
  if (!body) return std::unexpected(body.error());
  state.skipped.reserve_for(receipt.passed_over.size());
  commit(state, std::move(receipt));
  const auto& header = opened->parsed.header;
  return Received{message.size() - opened->prefix - body_overhead, body->ack, header.records, opened->turn,
                  header.number};
}

}  // namespace pqc::ratchet
