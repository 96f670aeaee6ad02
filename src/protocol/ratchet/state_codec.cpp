// docs/spec/ratchet.md §8.
#include <utility>

#include "protocol/ratchet/state.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::ratchet {
namespace {

constexpr std::uint8_t state_version = 1;
enum class PhaseCode : std::uint8_t { awaiting = 0, due = 1, sending = 2 };

PhaseCode code_of(const Phase& phase) {
  return static_cast<PhaseCode>(phase.index());
}
static_assert(std::is_same_v<std::variant_alternative_t<1, Phase>, Due> &&
              std::is_same_v<std::variant_alternative_t<2, Phase>, Sending>);

// ---- encoding

void write_phase(wire::Writer&, const Layout&, std::uint64_t, const Awaiting&) {}

void write_phase(wire::Writer& out, const Layout& layout, std::uint64_t, const Due& due) {
  out.bytes(ByteView(due.dh_public).first(layout.dh)).bytes(ByteView(due.kem_public).first(layout.kem_public));
}

void write_phase(wire::Writer& out, const Layout& layout, std::uint64_t turn, const Sending& sending) {
  out.bytes(sending.header.view()).bytes(sending.chain.view()).u32(sending.next_number);
  out.bytes(ByteView(sending.keys.dh_private.view()).first(layout.dh));
  if (layout.kem_public != 0) out.bytes(sending.keys.kem_seed.view());
  out.bytes(ByteView(sending.part).first(layout.part(turn)));
}

std::uint8_t chain_index(const State& state, std::uint64_t turn) {
  std::uint8_t index = 0;
  for (const auto& chain : state.older.all()) {
    if (chain.turn == turn) break;
    ++index;
  }
  return index;  // their count for the current chain
}

void write_chains(wire::Writer& out, const State& state) {
  out.u8(state.current ? 1 : 0);
  if (state.current) {
    out.bytes(state.current->header.view()).bytes(state.current->chain.view()).u32(state.current->next_number);
  }
  out.u8(static_cast<std::uint8_t>(state.older.all().size()));
  for (const auto& chain : state.older.all()) out.u64(chain.turn).bytes(chain.header.view());
  out.u16(static_cast<std::uint16_t>(state.skipped.size()));
  for (const auto& key : state.skipped.all()) {
    out.u8(chain_index(state, key.turn)).u32(key.number).bytes(key.key.view());
  }
}

constexpr std::size_t key_size = 32;

std::size_t phase_size(const State& state) {
  const auto& layout = state.layout;
  switch (code_of(state.phase)) {
    case PhaseCode::awaiting:
      return 0;
    case PhaseCode::due:
      return layout.dh + layout.kem_public;
    case PhaseCode::sending:
      break;
  }
  const auto seed = layout.kem_public != 0 ? crypto::kem_seed_size : 0;
  return 2 * key_size + 4 + layout.dh + seed + layout.part(state.turn);
}

std::size_t encoded_size(const State& state) {
  constexpr std::size_t fixed = 1 + 2 + 1 + 1 + 8 + RootKey::size + 2 * key_size + 4;
  const auto chains = 1 + (state.current ? 2 * key_size + 4 : 0) + 1 + state.older.all().size() * (8 + key_size);
  return fixed + phase_size(state) + chains + 2 + state.skipped.size() * (1 + 4 + key_size);
}

// ---- decoding: a reader that remembers its first error, so that a structure is read in one go and checked once.

class Fields {
 public:
  explicit Fields(ByteView bytes) : reader_(bytes) {}

  std::uint8_t u8() { return take(reader_.u8()); }
  std::uint16_t u16() { return take(reader_.u16()); }
  std::uint32_t u32() { return take(reader_.u32()); }
  std::uint64_t u64() { return take(reader_.u64()); }
  void into(ByteSpan out) {
    const auto bytes = reader_.bytes(out.size());
    if (bytes) std::ranges::copy(*bytes, out.begin());
    failed_ |= !bytes;
  }
  template <class SecretType>
  SecretType secret() {
    SecretType out;
    into(out.fill());
    return out;
  }
  // Whether all has been good so far.
  [[nodiscard]] bool good() const { return !failed_; }
  [[nodiscard]] bool done() const { return good() && reader_.done().has_value(); }

 private:
  template <class T>
  T take(wire::Result<T> value) {
    failed_ |= !value;
    return value.value_or(T{});
  }

  wire::Reader reader_;
  bool failed_ = false;
};

Due read_due(Fields& in, const Layout& layout) {
  Due due;
  in.into(ByteSpan(due.dh_public).first(layout.dh));
  in.into(ByteSpan(due.kem_public).first(layout.kem_public));
  return due;
}

void read_sending(Fields& in, const State& state, Sending& sending) {
  sending.header = in.secret<HeaderKey>();
  sending.chain = in.secret<ChainKey>();
  sending.next_number = in.u32();
  in.into(ByteSpan(sending.keys.dh_private.fill()).first(state.layout.dh));
  if (state.layout.kem_public != 0) in.into(sending.keys.kem_seed.fill());
  in.into(ByteSpan(sending.part).first(state.layout.part(state.turn)));
}

bool read_phase(Fields& in, State& state, std::uint8_t code) {
  switch (static_cast<PhaseCode>(code)) {
    case PhaseCode::awaiting:
      return state.role == Role::responder && state.turn == 0;
    case PhaseCode::due:
      state.phase = read_due(in, state.layout);
      return !state.ours(state.turn);
    case PhaseCode::sending:
      read_sending(in, state, state.phase.emplace<Sending>());
      return state.ours(state.turn);
  }
  return false;
}

bool read_current(Fields& in, State& state) {
  const bool expected = state.role == Role::responder || state.turn != 0;
  if (in.u8() != (expected ? 1 : 0)) return false;
  if (!expected) return true;
  auto& chain = state.current.emplace();
  chain.header = in.secret<HeaderKey>();
  chain.chain = in.secret<ChainKey>();
  chain.next_number = in.u32();
  // In Awaiting nothing has come; in Due at least one message of the current chain has.
  return std::holds_alternative<Awaiting>(state.phase) ? chain.next_number == 0 : chain.next_number != 0;
}

bool read_older(Fields& in, State& state) {
  const auto count = in.u8();
  if (count > max_older_chains) return false;
  for (std::uint8_t i = 0; i < count; ++i) {
    const auto turn = in.u64();
    const auto known = state.older.all();
    const bool ascending = known.empty() || known.back().turn < turn;
    if (!ascending || state.ours(turn) || turn >= state.current_turn()) return false;
    state.older.add({turn, in.secret<HeaderKey>()});
  }
  return count == 0 || state.current.has_value();
}

bool read_skipped(Fields& in, State& state) {
  const auto count = in.u16();
  if (count > max_skipped_keys || (count != 0 && !state.current)) return false;
  state.skipped.reserve_for(count);
  const auto older = state.older.all();
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto chain = in.u8();
    const auto number = in.u32();
    if (!in.good() || chain > older.size()) return false;
    const bool in_current = chain == older.size();
    if (in_current && number >= state.current->next_number) return false;
    const auto turn = in_current ? state.current_turn() : older[chain].turn;
    if (!state.skipped.add({turn, number, in.secret<MessageKey>()})) return false;
  }
  for (const auto& chain : older) {
    if (!state.skipped.has_turn(chain.turn)) return false;
  }
  return true;
}

bool read_state(Fields& in, State& state) {
  if (in.u8() != state_version) return false;
  state.suite = crypto::find_suite(in.u16());
  if (state.suite == nullptr) return false;
  state.layout = layout_of(*state.suite);
  const auto role = in.u8();
  if (role > static_cast<std::uint8_t>(Role::responder)) return false;
  state.role = static_cast<Role>(role);
  const auto phase = in.u8();
  state.turn = in.u64();
  state.root = in.secret<RootKey>();
  state.next_header = in.secret<HeaderKey>();
  state.after_next_header = in.secret<HeaderKey>();
  state.previous_length = in.u32();
  return state.turn <= last_turn && read_phase(in, state, phase) && read_current(in, state) && read_older(in, state) &&
         read_skipped(in, state) && in.done();
}

}  // namespace

SecretBytes encode_state(const State& state) {
  SecretBytes encoded(encoded_size(state));
  wire::Writer out(encoded.fill());
  out.u8(state_version).u16(crypto::number(state.suite->id)).u8(static_cast<std::uint8_t>(state.role));
  out.u8(static_cast<std::uint8_t>(code_of(state.phase))).u64(state.turn).bytes(state.root.view());
  out.bytes(state.next_header.view()).bytes(state.after_next_header.view()).u32(state.previous_length);
  std::visit([&](const auto& phase) { write_phase(out, state.layout, state.turn, phase); }, state.phase);
  write_chains(out, state);
  return encoded;
}

Result<LockedPtr<State>> parse_state(ByteView encoded) {
  auto state = make_locked<State>();
  Fields in(encoded);
  if (!read_state(in, *state)) return std::unexpected(Error::bad_state);
  return state;
}

}  // namespace pqc::ratchet
