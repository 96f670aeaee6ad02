// Messages from strangers and from a peer that breaks the rules: the peer knows the keys of turn 0 and of the first
// answer's header, so its headers open, with whatever is in them. A refused message leaves the state as it was.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "crypto/aead.h"
#include "crypto/random.h"
#include "protocol/ratchet/layout.h"
#include "protocol/ratchet/session.h"

namespace {

using namespace pqc;
using namespace pqc::ratchet;

const crypto::Suite& suite() {
  return *crypto::find_suite(crypto::SuiteId::pq);
}
constexpr std::array<std::uint8_t, 64> secret{1};
constexpr std::array<std::uint8_t, 64> transcript{2};
constexpr std::array<std::uint8_t, 12> zero_nonce{};
const Layout layout = layout_of(suite());

void expect(bool holds) {
  if (!holds) std::abort();
}

void feed(Session& session, ByteView message) {
  Bytes out(message.size());
  const auto before = session.encode();
  const bool opened = session.decrypt(message, {}, out).has_value();
  const auto after = session.encode();
  expect(opened || equal(before.view(), after.view()));
  expect(Session::parse(after.view()).has_value());
}

// The header of `turn` under its real key.
Bytes seal_prefix(const StartKeys& keys, std::uint64_t turn, ByteView header) {
  Bytes prefix(layout.prefix(turn));
  const auto sealed = ByteSpan(prefix).subspan(salt_size + nonce_size);
  expect(crypto::seal(crypto::AeadAlg::aes_256_gcm, keys.header[turn].view(), zero_nonce, ByteView(), header, sealed)
             .has_value());
  return prefix;
}

// A text under the body keys of message `number` of turn 0, as far as that is worth the time.
void append_body(const StartKeys& keys, std::uint32_t number, Bytes& message) {
  const std::array<std::uint8_t, 4> text{'t', 'e', 'x', 't'};
  auto chain = keys.chain.clone();
  for (std::uint32_t i = 0; i < std::min(number, 64u); ++i) expect(advance(chain).has_value());
  const auto body_keys = derive_body(advance(chain).value(), ByteView(message).first(salt_size)).value();
  Bytes inner(text.size() + tag_size);
  Bytes outer(inner.size() + tag_size);
  expect(crypto::seal(crypto::AeadAlg::chacha20_poly1305, body_keys.inner.view(), zero_nonce, message, text, inner)
             .has_value());
  expect(crypto::seal(crypto::AeadAlg::aes_256_gcm, body_keys.outer.view(), zero_nonce, message, inner, outer)
             .has_value());
  append(message, outer);
}

// A header from the input: 25 bytes of fields, then the part, filled up with a genuine one.
Bytes header_of(std::uint64_t turn, ByteView input, ByteView genuine_part) {
  Bytes header(header_fixed_size);
  append(header, genuine_part);
  header.resize(layout.header(turn));
  const auto count = std::min(input.size(), header.size());
  std::ranges::copy(input.first(count), header.begin());
  return header;
}

// Both ends at the start, made once.
const Bytes& initiator_state() {
  static const Bytes state = [] {
    crypto::SeededRng rng(1);
    return to_bytes(Session::start_initiator(suite(), secret, transcript, rng).value().encode().view());
  }();
  return state;
}
const Bytes& responder_state() {
  static const Bytes state = to_bytes(Session::start_responder(suite(), secret, transcript).value().encode().view());
  return state;
}

void hostile_peer(ByteView input) {
  static const auto keys = derive_start(suite(), secret, transcript).value();
  auto initiator = Session::parse(initiator_state()).value();
  auto responder = Session::parse(responder_state()).value();
  const ByteView state = initiator_state();
  const auto part = state.subspan(state.size() - 4 - layout.part(0), layout.part(0));
  while (!input.empty()) {  // several messages, each 25 bytes of fields; what is left over goes into the last part
    const auto size = input.size() < 2 * header_fixed_size ? input.size() : header_fixed_size;
    const auto header = header_of(0, input.first(size), part);
    const std::uint32_t number = std::uint32_t{header[1]} << 24 | header[2] << 16 | header[3] << 8 | header[4];
    auto message = seal_prefix(keys, 0, header);
    append_body(keys, number, message);
    feed(responder, message);
    auto answer = seal_prefix(keys, 1, header_of(1, input.first(size), part));
    answer.resize(answer.size() + 40);
    feed(initiator, answer);
    input = input.subspan(size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    hostile_peer(input.first(std::min<std::size_t>(input.size(), 512)));
    return 0;
  }
  (void)parse_header(layout, data[0] % 4 / 2, input);
  auto responder = Session::parse(responder_state()).value();
  feed(responder, input);
  return 0;
}
