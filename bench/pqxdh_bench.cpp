// What a key agreement costs beside the primitives that docs/spec/pqxdh.md §10 says it needs, measured in one run.
//
//   pqxdh_bench [--suite pq|pq-falcon|enhanced|standard] [--benchmark_min_time=...: a short run]
//
// All operations take turns, round after round, so that a machine that slows down slows all of them; a figure is
// processor time, the mean of the middle half of its rounds. Counted as agreement: the initiator decodes and verifies
// the bundle, agrees and signs; the responder decodes, derives, opens and verifies. Account records are verified and
// device keys expanded before.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench_report.h"
#include "protocol/pqxdh/limits.h"
#include "support/person.h"

namespace pqc {
namespace {

using test::must;
using test::start_time;

constexpr int full_rounds = 80;
constexpr int quick_rounds = 4;
constexpr int warm_up_rounds = 1;
constexpr std::uint32_t batch_size = 100;
constexpr double max_ratio = 1.15;
constexpr double max_microseconds = 2200;

// The processor time of this thread: what other programs take does not count.
double thread_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Operation {
  std::string name;
  int uses;  // in one agreement; 0 for the agreement's own parts
  std::function<void()> run;
  int iterations;
  std::vector<double> means{};

  void measure() {
    const auto begin = thread_microseconds();
    for (int i = 0; i < iterations; ++i) run();
    means.push_back((thread_microseconds() - begin) / iterations);
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
    out.push_back({name + " signature", 1, [&] { (void)must(signer.key.sign(message, rng)); }, 20});
    out.push_back({name + " verification", 2, [&] { must(signer.public_key.verify(message, signer.signature)); }, 20});
  }

  void add_kem(std::vector<Operation>& out) {
    const auto alg = *suite.kem;
    out.push_back({"ML-KEM decoding of a public key", 1,
                   [&, alg] { (void)must(crypto::KemPublicKey::decode(alg, kem_public)); }, 20});
    out.push_back({"ML-KEM encapsulation", 1,
                   [&] { must(kem_key->encapsulate(randomness.view(), ciphertext, kem_secret.fill())); }, 20});
    out.push_back(
        {"ML-KEM key from seed", 1, [&, alg] { (void)must(crypto::KemPrivateKey::from_seed(alg, seed.view())); }, 20});
    out.push_back({"ML-KEM decapsulation", 1, [&] { must(kem->decapsulate(ciphertext, kem_secret.fill())); }, 20});
  }

  [[nodiscard]] std::vector<Operation> operations() {
    std::vector<Operation> out;
    out.push_back({"DH key generation", 1, [&] { (void)must(crypto::DhPrivateKey::generate(suite.dh, rng)); }, 20});
    out.push_back({"DH agreement", 8,
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

std::vector<bench::Row> rows_of(const Report& report) {
  std::vector<bench::Row> rows{
      {"initiate + respond", report.together(), report.floor(), {}, max_ratio},
      {"initiate + respond, absolute", report.together(), {}, {}, max_microseconds},
      {"initiate", report.initiate.microseconds(), {}, {}, {}},
      {"respond", report.respond.microseconds(), {}, {}, {}},
      {"bytes of a bundle", {}, {}, static_cast<double>(report.bundle_bytes), pqxdh::max_bundle_size},
      {"bytes of an initial part", {}, {}, static_cast<double>(report.initial_part_bytes), {}},
  };
  for (const auto& p : report.primitives)
    rows.push_back({p.name + ", " + std::to_string(p.uses) + " an agreement", p.microseconds(), {}, {}, {}});
  return rows;
}

Report measure(const crypto::Suite& suite, int rounds) {
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

// Other options, those of Google Benchmark among them, are passed over.
int main(int argc, char** argv) {
  std::string_view name = "pq";
  int rounds = pqc::full_rounds;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option.starts_with("--benchmark_min_time")) rounds = pqc::quick_rounds;
    if (option == "--suite" && i + 1 < argc) name = argv[++i];
  }
  const auto* suite = pqc::crypto::find_suite(name);
  if (suite == nullptr) {
    std::fprintf(stderr, "pqxdh_bench: this build has no such suite\n");
    return 2;
  }
  pqc::bench::print_report("pqxdh_bench", pqc::rows_of(pqc::measure(*suite, rounds)));
  return 0;
}
