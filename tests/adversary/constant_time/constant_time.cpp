// THREATS 15: the built code, run under valgrind with poisoned secrets (secrets.h).
//
//   constant_time           every operation of ours that handles keys; memcheck has to find nothing
//   constant_time leak      a comparison that ends at the first difference, as a compiler or a programmer may make it:
//   constant_time lookup    a table read at a secret place; memcheck has to find these
//
// Libraries are not ours to judge: their functions are suppressed by name (libraries.supp).
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "crypto/aead.h"
#include "crypto/dh.h"
#include "crypto/kdf.h"
#include "crypto/kem.h"
#include "crypto/random.h"
#include "keys/agent_protocol/frame.h"
#include "keys/software_key_holder.h"
#include "keys/vault/sealing.h"
#include "protocol/ratchet/session.h"
#include "secrets.h"
#include "wire/padding.h"

namespace {

using namespace pqc;
using test::declassified;
using test::declassify;
using test::poison;

crypto::SeededRng seeded(15);
test::PoisonedRng poisoned(seeded);

template <std::size_t N>
std::array<std::uint8_t, N> secret() {
  return poisoned.bytes<N>();
}

template <class T>
T must(T result) {
  if (!result) {
    std::fputs("constant_time: an operation failed\n", stderr);
    std::exit(2);
  }
  return result;
}

void comparing() {
  const auto a = secret<64>();
  auto b = a;
  if (!declassified(constant_time_equal(a, b))) std::exit(2);
  b[63] ^= 1;
  if (declassified(constant_time_equal(a, b))) std::exit(2);
}

void keeping() {
  SecretBytes bytes(secret<48>());
  const auto copy = bytes.clone();
  bytes.append(copy.view());
  const Secret<struct CheckTag, 32> one(secret<32>());
  if (!declassified(one.equals(one.clone()))) std::exit(2);
}

void deriving() {
  const auto key = secret<32>();
  std::array<std::uint8_t, 100> out{};
  for (const auto alg : {crypto::HashAlg::sha256, crypto::HashAlg::sha512}) {
    must(crypto::hmac(alg, key, key, ByteSpan(out).first(crypto::hash_size(alg))));
    must(crypto::hkdf(alg, key, key, as_bytes("label"), out));
  }
}

void sealing() {
  using enum crypto::AeadAlg;
  const auto key = secret<32>();
  const auto text = secret<100>();
  const std::array<std::uint8_t, 12> nonce{};
  std::array<std::uint8_t, 116> sealed{};
  std::array<std::uint8_t, 100> opened{};
  for (const auto alg : {aes_256_gcm, chacha20_poly1305}) {
    must(crypto::seal(alg, key, nonce, {}, text, sealed));
    declassify(sealed);
    must(crypto::open(alg, key, nonce, {}, sealed, opened));
    sealed.back() ^= 1;
    if (crypto::open(alg, key, nonce, {}, sealed, opened)) std::exit(2);
  }
}

void unpadding() {
  const auto text = secret<100>();
  Bytes padded;
  wire::pad(text, padded);
  if (declassified(wire::find_mark(padded)) != text.size()) std::exit(2);
  poison(padded);
  if (declassified(wire::find_mark(padded)) != text.size()) std::exit(2);
  std::ranges::fill(padded, std::uint8_t{0});
  poison(padded);
  if (declassified(wire::find_mark(padded)) != padded.size()) std::exit(2);
}

void agreeing() {
  for (const auto alg : {crypto::DhAlg::x25519, crypto::DhAlg::x448}) {
    const auto ours = must(crypto::DhPrivateKey::generate(alg, poisoned));
    const auto theirs = must(crypto::DhPrivateKey::generate(alg, poisoned));
    declassify(theirs->public_key());
    std::array<std::uint8_t, crypto::max_dh_size> shared{};
    must(ours->agree(theirs->public_key(), ByteSpan(shared).first(crypto::dh_key_size(alg))));
  }
}

void keeping_a_vault() {
  using namespace keys::vault;
  Header header;
  header.generation = 1;
  const VaultKey key(secret<32>());
  const auto way = secret<32>();
  Content content;
  poisoned.fill(content.store_key.fill());
  content.items.emplace("core", SecretBytes(secret<64>()));
  auto slot = must(wrap_key(header.id, Way::key_file, way, {}, key, seeded));
  declassify(slot->wrapped);
  header.put(*slot);
  auto file = must(seal_file(header, key, content, seeded));
  declassify(*file);
  const auto parsed = must(parse_file(*file));
  const auto unwrapped = must(unwrap_key(header.id, *parsed->header.find(Way::key_file), way));
  if (!declassified(unwrapped->equals(key))) std::exit(2);
  const auto joined = keys::agent_protocol::join_secrets(way, way);
}

// Receiving is left out: it decides by the counters of a header that it has opened, which are no keys.
void ratcheting() {
  const std::array<std::uint8_t, 64> id{};
  const auto shared = secret<64>();
  auto alice = must(ratchet::Session::start_initiator(*crypto::find_suite(crypto::SuiteId::pq), shared, id, poisoned));
  const auto text = secret<200>();
  Bytes out(alice->ciphertext_size(text.size()));
  for (int i = 0; i < 2; ++i) must(alice->encrypt(text, id, {}, poisoned, out));
  const auto kept = alice->encode();
}

// Identity, device and prekey keys from secret randomness: made, used to sign, kept.
void holding_keys() {
  keys::SoftwareKeyHolder holder(poisoned);
  const auto account = must(identity::AccountName::make("alice", "server.test"));
  const std::array suites{crypto::SuiteId::pq, crypto::SuiteId::enhanced};
  must(holder.create(*account, {1}, suites));
  must(holder.generate_batch(crypto::SuiteId::pq, 2, {1'700'000'000'000}));
  identity::LoginStatement login;
  login.account = *account;
  login.device = {1};
  login.suite = crypto::SuiteId::pq;
  must(holder.sign(login));
  const auto state = holder.export_state();
}

// What the check has to find.
bool leaks_by_ending_early(ByteView a, ByteView b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) return false;
  return true;
}

int leak() {
  const auto a = secret<32>();
  const auto b = secret<32>();
  return declassified(leaks_by_ending_early(a, b)) ? 1 : 0;
}

int lookup() {
  static volatile std::uint8_t table[256];
  const auto place = secret<1>();
  return declassified(static_cast<std::uint8_t>(table[place[0]]));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "leak") return leak();
  if (what == "lookup") return lookup();
  comparing();
  keeping();
  deriving();
  sealing();
  unpadding();
  agreeing();
  keeping_a_vault();
  ratcheting();
  holding_keys();
  std::puts("every operation ran");
}
