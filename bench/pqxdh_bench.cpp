// What a key agreement costs beside the primitives that docs/spec/pqxdh.md §10 says it needs, measured in one run.
//
//   pqxdh_bench [--suite pq|pq-falcon|enhanced|standard] [--json]
//
// All operations take turns, round after round, so that a machine that slows down slows all of them; a figure is the
// median of its rounds' means. Counted as agreement: the initiator decodes and verifies the bundle, agrees and signs;
// the responder decodes, derives, opens and verifies. Account records are verified and device keys expanded before.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/person.h"

namespace pqc {
namespace {

using test::must;
using test::start_time;
using BenchClock = std::chrono::steady_clock;

constexpr int rounds = 80;
constexpr int warm_up_rounds = 1;
constexpr std::uint32_t batch_size = 100;

struct Operation {
  std::string name;
  double uses;  // in one agreement; 0 for the agreement's own parts
  std::function<void()> run;
  int iterations;
  std::vector<double> means{};

  void measure() {
    const auto begin = BenchClock::now();
    for (int i = 0; i < iterations; ++i) run();
    const std::chrono::duration<double, std::micro> took = BenchClock::now() - begin;
    means.push_back(took.count() / iterations);
  }
  // The mean of the middle half of the rounds.
  [[nodiscard]] double microseconds() const {
    auto sorted = means;
    std::ranges::sort(sorted);
    const auto half = std::span(sorted).subspan(sorted.size() / 4, sorted.size() / 2);
    return std::accumulate(half.begin(), half.end(), 0.0) / static_cast<double>(half.size());
  }
};

// Keys and inputs of the primitives, of one suite.
struct Primitives {
  explicit Primitives(const crypto::Suite& s)
      : suite(s),
        rng(7),
        dh(must(crypto::DhPrivateKey::generate(s.dh, rng))),
        peer(must(crypto::DhPrivateKey::generate(s.dh, rng))),
        classical(make_signer(s.classical_signature)) {
    if (s.kem) {
      rng.fill(seed.fill());
      kem.emplace(must(crypto::KemPrivateKey::from_seed(*s.kem, seed.view())));
      kem_public.resize(crypto::kem_sizes(*s.kem).public_key);
      must(kem->encode_public(kem_public));
      ciphertext.resize(crypto::kem_sizes(*s.kem).ciphertext);
      kem_key.emplace(must(crypto::KemPublicKey::decode(*s.kem, kem_public)));
      must(kem_key->encapsulate(randomness.view(), ciphertext, kem_secret.fill()));
    }
    if (s.post_quantum_signature) post_quantum.emplace(make_signer(*s.post_quantum_signature));
  }

  struct Signer {
    crypto::SignaturePrivateKey key;
    crypto::SignaturePublicKey public_key;
    Bytes signature;
  };

  Signer make_signer(crypto::SignatureAlg alg) {
    auto key = must(crypto::SignaturePrivateKey::generate(alg, rng));
    auto public_key = must(crypto::SignaturePublicKey::decode(alg, key.public_key()));
    auto signature = must(key.sign(message, rng));
    return {std::move(key), std::move(public_key), std::move(signature)};
  }

  void add_signatures(std::vector<Operation>& out, const std::string& name, Signer& signer) {
    out.push_back({name + " sign", 1, [&] { (void)must(signer.key.sign(message, rng)); }, 20});
    out.push_back({name + " verify", 2, [&] { must(signer.public_key.verify(message, signer.signature)); }, 20});
  }

  void add_kem(std::vector<Operation>& out) {
    const auto alg = *suite.kem;
    out.push_back(
        {"ML-KEM public key", 1, [&, alg] { (void)must(crypto::KemPublicKey::decode(alg, kem_public)); }, 20});
    out.push_back({"ML-KEM encapsulate", 1,
                   [&] { must(kem_key->encapsulate(randomness.view(), ciphertext, kem_secret.fill())); }, 20});
    out.push_back(
        {"ML-KEM key from seed", 1, [&, alg] { (void)must(crypto::KemPrivateKey::from_seed(alg, seed.view())); }, 20});
    out.push_back({"ML-KEM decapsulate", 1, [&] { must(kem->decapsulate(ciphertext, kem_secret.fill())); }, 20});
  }

  [[nodiscard]] std::vector<Operation> operations() {
    std::vector<Operation> out;
    out.push_back({"DH key", 1, [&] { (void)must(crypto::DhPrivateKey::generate(suite.dh, rng)); }, 20});
    out.push_back({"DH agree", 8,
                   [&] { must(dh.agree(peer.public_key(), ByteSpan(shared).first(crypto::dh_key_size(suite.dh)))); },
                   20});
    if (suite.kem) add_kem(out);
    add_signatures(out, "classical", classical);
    if (post_quantum) add_signatures(out, "post-quantum", *post_quantum);
    return out;
  }

  const crypto::Suite& suite;
  crypto::SeededRng rng;
  Bytes message = Bytes(128, 0x5a);
  crypto::DhPrivateKey dh;
  crypto::DhPrivateKey peer;
  std::array<std::uint8_t, crypto::max_dh_size> shared{};
  crypto::KemSeed seed;
  crypto::KemSecret kem_secret;
  Secret<struct RandomnessTag, crypto::kem_randomness_size> randomness;
  std::optional<crypto::KemPrivateKey> kem;
  std::optional<crypto::KemPublicKey> kem_key;
  Bytes kem_public;
  Bytes ciphertext;
  Signer classical;
  std::optional<Signer> post_quantum;
};

// Two people, and both halves of the agreement between them.
struct Pair {
  explicit Pair(crypto::SuiteId id)
      : alice("alice", 1, id),
        bob("bob", 2, id),
        batch(must(bob.holder.generate_batch(id, batch_size, start_time))),
        alice_device(alice.device(id)),
        bob_device(bob.device(id)) {
    initiate();
  }

  void initiate() {
    auto bundle = must(pqxdh::decode_bundle(batch.signed_manifest, batch.one_time[batch_size / 2]));
    const auto verified = must(pqxdh::verify_bundle(std::move(bundle), bob_device, start_time));
    initial_part = must(alice.holder.initiate(verified, alice.record->version())).initial_part;
  }
  void respond() {
    const auto part = must(pqxdh::InitialPart::decode(initial_part));
    auto session = must(bob.holder.respond(part, alice_device.identity()));
    (void)must(pqxdh::confirm(std::move(session), alice_device));
  }

  test::Person alice;
  test::Person bob;
  pqxdh::PrekeyBatch batch;
  identity::VerifiedDevice alice_device;
  identity::VerifiedDevice bob_device;
  Bytes initial_part;
};

struct Report {
  std::vector<Operation> primitives;
  Operation initiate;
  Operation respond;
  std::size_t bundle_bytes;
  std::size_t initial_part_bytes;

  [[nodiscard]] double floor() const {
    double sum = 0;
    for (const auto& primitive : primitives) sum += primitive.uses * primitive.microseconds();
    return sum;
  }
  [[nodiscard]] double together() const { return initiate.microseconds() + respond.microseconds(); }
};

void print_table(std::string_view suite, const Report& report) {
  std::printf("key agreement, suite %.*s (microseconds)\n", static_cast<int>(suite.size()), suite.data());
  for (const auto& p : report.primitives)
    std::printf("  %-22s %8.1f  x %.0f = %8.1f\n", p.name.c_str(), p.microseconds(), p.uses, p.uses * p.microseconds());
  std::printf("  %-22s %26.1f\n", "sum of primitives", report.floor());
  std::printf("  %-22s %26.1f\n  %-22s %26.1f\n", "initiate", report.initiate.microseconds(), "respond",
              report.respond.microseconds());
  std::printf("  %-22s %26.1f  = %.3f x the sum\n", "initiate + respond", report.together(),
              report.together() / report.floor());
  std::printf("  bundle %zu bytes, initial part %zu bytes\n", report.bundle_bytes, report.initial_part_bytes);
}

void print_json(std::string_view suite, const Report& report) {
  std::printf("{\"bench\":\"pqxdh\",\"suite\":\"%.*s\",\"primitives\":{", static_cast<int>(suite.size()), suite.data());
  for (std::size_t i = 0; i < report.primitives.size(); ++i) {
    const auto& p = report.primitives[i];
    std::printf("%s\"%s\":{\"us\":%.1f,\"uses\":%.0f}", i == 0 ? "" : ",", p.name.c_str(), p.microseconds(), p.uses);
  }
  std::printf("},\"primitives_us\":%.1f,\"initiate_us\":%.1f,\"respond_us\":%.1f,\"together_us\":%.1f,\"ratio\":%.3f,",
              report.floor(), report.initiate.microseconds(), report.respond.microseconds(), report.together(),
              report.together() / report.floor());
  std::printf("\"bundle_bytes\":%zu,\"initial_part_bytes\":%zu}\n", report.bundle_bytes, report.initial_part_bytes);
}

Report measure(const crypto::Suite& suite) {
  Primitives primitives(suite);
  Pair pair(suite.id);
  Report report{primitives.operations(),
                {"initiate", 0, [&] { pair.initiate(); }, 20},
                {"respond", 0, [&] { pair.respond(); }, 20},
                pair.batch.signed_manifest.size() + pair.batch.one_time[0].size(),
                pair.initial_part.size()};
  for (int round = -warm_up_rounds; round < rounds; ++round) {
    for (auto& primitive : report.primitives) primitive.measure();
    report.initiate.measure();
    report.respond.measure();
    if (round >= 0) continue;
    for (auto& primitive : report.primitives) primitive.means.clear();
    report.initiate.means.clear();
    report.respond.means.clear();
  }
  return report;
}

}  // namespace
}  // namespace pqc

int main(int argc, char** argv) {
  std::string_view name = "pq";
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) json = true;
    if (std::strcmp(argv[i], "--suite") == 0 && i + 1 < argc) name = argv[++i];
  }
  const auto* suite = pqc::crypto::find_suite(name);
  if (suite == nullptr) {
    std::fprintf(stderr, "pqxdh_bench: this build has no such suite\n");
    return 2;
  }
  const auto report = pqc::measure(*suite);
  if (json) {
    pqc::print_json(name, report);
  } else {
    pqc::print_table(name, report);
  }
  return 0;
}
