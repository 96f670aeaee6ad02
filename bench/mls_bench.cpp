// MLS: what members do, in groups of 2 to 1,000, beside the sum of the primitives that RFC 9420 asks for; suite 1 and
// the product's.
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench_report.h"
#include "crypto/random.h"
#include "protocol/mls/group_state.h"

namespace pqc::mls {
namespace {

constexpr std::array<std::size_t, 4> sizes{2, 10, 100, 1000};
constexpr std::array<std::uint16_t, 2> benched{suites::x25519_aes128_ed25519, suites::x_wing_aes256_ml_dsa_87};
constexpr Lifetime forever{0, max_lifetime};
constexpr double ratio_limit = 1.3;

class AcceptAll final : public CredentialPolicy {
 public:
  bool accepts(const Credential&, ByteView) const override { return true; }
  bool accepts_successor(const Credential&, const Credential&) const override { return true; }
  bool same_client(const Credential& one, const Credential& other) const override { return one == other; }
};
class NoPsks final : public PskStore {
 public:
  std::optional<SecretBytes> external(ByteView) const override { return std::nullopt; }
  std::optional<SecretBytes> resumption(ByteView, Epoch) const override { return std::nullopt; }
};

AcceptAll policy;
NoPsks no_psks;
crypto::SeededRng rng(1);
const Environment environment{policy, no_psks, rng, std::nullopt};

Identity identity(const Suite& suite, const std::string& name) {
  return {{credential_type::basic, to_bytes(as_bytes(name)), {}},
          std::make_shared<const SignatureKey>(SignatureKey::generate(suite.signature, rng).value()),
          {}};
}

struct Sample {
  std::unique_ptr<Group> creator, other;  // the first leaf and the last
  Bytes welcome;                          // for `newest`
  KeyPackageBundle newest;
  Bytes commit;  // of the other, for the creator
  Bytes state;   // the creator's
};

// Makes a state that of the member at another leaf, whose keys we made, for as long as this object lives: it may commit
// like one who was welcomed, without the cost of joining.
class StandIn {
 public:
  StandIn(GroupState& state, LeafIndex leaf, const KeyPackageBundle& bundle)
      : state_(&state), self_(state.self), keys_(std::move(state.keys)), signer_(state.signer) {
    state.self = leaf;
    state.keys = {};
    state.keys.set(node_of(leaf), {bundle.leaf_pair.private_key.clone(), bundle.leaf_pair.public_key});
    state.signer = bundle.signer;
  }
  ~StandIn() {
    state_->self = self_;
    state_->keys = std::move(keys_);
    state_->signer = signer_;
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

 private:
  GroupState* state_;
  LeafIndex self_;
  TreeKeys keys_;
  std::shared_ptr<const SignatureKey> signer_;
};

// The member at a leaf commits and the creator follows; answers that member.
Group commit_as(Group& creator, LeafIndex leaf, const KeyPackageBundle& bundle) {
  CommitOptions open;
  open.framing.format = WireFormat::public_message;
  auto committed = [&] {
    const StandIn stand_in(creator.mutable_state(), leaf, bundle);
    return creator.commit(open, environment).value();
  }();
  if (!creator.process(committed.message, environment)) std::abort();
  return std::move(committed.next);
}

// A full tree: every second leaf has committed, so that every parent has a key.
Sample make_sample(const Suite& suite, std::size_t size) {
  auto creator = Group::create(suite, {1}, identity(suite, "0"), forever, {}, environment).value();
  std::vector<KeyPackageBundle> bundles;
  CommitOptions options;
  for (std::size_t i = 1; i < size; ++i) {
    bundles.push_back(make_key_package(suite, identity(suite, std::to_string(i)), forever, {}, rng).value());
    options.proposals.push_back({Add{bundles.back().package}});
  }
  creator = std::move(creator.commit(options, environment).value().next);
  for (std::size_t leaf = 2; leaf + 1 < size; leaf += 2) {
    commit_as(creator, {static_cast<std::uint32_t>(leaf)}, bundles[leaf - 1]);
  }
  auto other = commit_as(creator, {static_cast<std::uint32_t>(size - 1)}, bundles.back());
  Sample out{.creator = {}, .other = {}, .welcome = {}, .newest = {}, .commit = {}, .state = {}};
  out.newest = make_key_package(suite, identity(suite, "newest"), forever, {}, rng).value();
  CommitOptions add;
  add.proposals = {{Add{out.newest.package}}};
  out.welcome = *creator.commit(add, environment)->welcome;
  out.commit = other.commit({}, environment)->message;
  out.state = to_bytes(creator.encode().view());
  out.creator = std::make_unique<Group>(std::move(creator));
  out.other = std::make_unique<Group>(std::move(other));
  return out;
}

Sample& sample(std::uint16_t number, std::size_t size) {
  static std::map<std::pair<std::uint16_t, std::size_t>, Sample> all;
  auto found = all.find({number, size});
  if (found == all.end()) found = all.emplace(std::pair{number, size}, make_sample(*find_suite(number), size)).first;
  return found->second;
}

void key_package(benchmark::State& state, std::uint16_t number) {
  const auto& suite = *find_suite(number);
  const auto who = identity(suite, "x");
  for (auto _ : state) benchmark::DoNotOptimize(make_key_package(suite, who, forever, {}, rng));
}
void commit_create(benchmark::State& state, std::uint16_t number, std::size_t size) {
  auto& with = sample(number, size);
  CommitOptions open;
  open.framing.format = WireFormat::public_message;
  for (auto _ : state) benchmark::DoNotOptimize(with.creator->commit(open, environment));
}
void commit_process(benchmark::State& state, std::uint16_t number, std::size_t size) {
  auto& with = sample(number, size);
  for (auto _ : state) {
    state.PauseTiming();
    auto group = std::make_unique<Group>(Group::parse(with.state).value());
    state.ResumeTiming();
    benchmark::DoNotOptimize(group->process(with.commit, environment));
    state.PauseTiming();
    group.reset();
    state.ResumeTiming();
  }
}
void join(benchmark::State& state, std::uint16_t number, std::size_t size) {
  auto& with = sample(number, size);
  for (auto _ : state) benchmark::DoNotOptimize(Group::join(with.welcome, with.newest, {}, environment));
}
void seal(benchmark::State& state, std::uint16_t number, std::size_t size) {
  auto& with = sample(number, size);
  const Bytes text(200);
  for (auto _ : state) benchmark::DoNotOptimize(with.creator->seal(text, {}, 0, environment));
}
void open(benchmark::State& state, std::uint16_t number, std::size_t size) {
  auto& with = sample(number, size);
  auto group = Group::parse(with.state).value();
  for (auto _ : state) {
    state.PauseTiming();
    const auto message = with.other->seal(Bytes(200), {}, 0, environment).value();
    state.ResumeTiming();
    benchmark::DoNotOptimize(group.process(message, environment));
  }
}
void exporter(benchmark::State& state, std::uint16_t number) {
  auto& with = sample(number, 10);
  for (auto _ : state) benchmark::DoNotOptimize(with.creator->export_secret("label", {}, 32));
}

// The primitives, with the suite's own keys.
void primitive_sign(benchmark::State& state, std::uint16_t number) {
  const auto key = SignatureKey::generate(find_suite(number)->signature, rng).value();
  const Bytes content(500);
  for (auto _ : state) benchmark::DoNotOptimize(key.sign_with_label("x", content, rng));
}
void primitive_verify(benchmark::State& state, std::uint16_t number) {
  const auto scheme = find_suite(number)->signature;
  const auto key = SignatureKey::generate(scheme, rng).value();
  const Bytes content(500);
  const auto signature = key.sign_with_label("x", content, rng).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(verify_with_label(scheme, key.public_key(), "x", content, signature));
  }
}
void primitive_key(benchmark::State& state, std::uint16_t number) {
  const Bytes ikm(64, 3);
  for (auto _ : state) benchmark::DoNotOptimize(hpke::derive_key_pair(find_suite(number)->hpke.kem, ikm));
}
void primitive_seal(benchmark::State& state, std::uint16_t number) {
  const auto& hpke_suite = find_suite(number)->hpke;
  const auto pair = hpke::generate_key_pair(hpke_suite.kem, rng).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(hpke::encapsulate(hpke_suite.kem, pair.public_key, rng));
  }
}
void primitive_open(benchmark::State& state, std::uint16_t number) {
  const auto& hpke_suite = find_suite(number)->hpke;
  const auto pair = hpke::generate_key_pair(hpke_suite.kem, rng).value();
  const auto sent = hpke::encapsulate(hpke_suite.kem, pair.public_key, rng).value();
  for (auto _ : state) benchmark::DoNotOptimize(hpke::decapsulate(hpke_suite.kem, pair, sent.output));
}

std::string name_of(std::string_view what, std::uint16_t number, std::size_t size = 0) {
  auto out = "mls " + std::string(number == benched[0] ? "suite 1" : "suite 87") + " " + std::string(what);
  return size == 0 ? out : out + ", " + std::to_string(size);
}

void register_all() {
  const auto add = [](const std::string& name, auto function, auto... arguments) {
    benchmark::RegisterBenchmark(name, function, arguments...)->Unit(benchmark::kMicrosecond);
  };
  for (const auto number : benched) {
    add(name_of("sign", number), primitive_sign, number);
    add(name_of("verify", number), primitive_verify, number);
    add(name_of("key pair", number), primitive_key, number);
    add(name_of("encapsulate", number), primitive_seal, number);
    add(name_of("decapsulate", number), primitive_open, number);
    add(name_of("key package", number), key_package, number);
    add(name_of("exporter", number), exporter, number);
    for (const auto size : sizes) {
      add(name_of("update create", number, size), commit_create, number, size);
      add(name_of("update process", number, size), commit_process, number, size);
      add(name_of("join", number, size), join, number, size);
      add(name_of("seal 200 bytes", number, size), seal, number, size);
      add(name_of("open 200 bytes", number, size), open, number, size);
    }
  }
}

// Key pairs and encapsulations of a path, and decapsulation and key pairs for who reads it from the other half.
struct Counts {
  double path;
  double recipients;
};

Counts counts_of(const Group& group) {
  const auto steps = group.tree().filtered_direct_path(group.self());
  double recipients = 0;
  for (const auto& step : steps) recipients += static_cast<double>(step.resolution.size());
  return {static_cast<double>(steps.size()), recipients};
}

void add_rows(const bench::FastestReporter& times, std::uint16_t number, std::vector<bench::Row>& rows) {
  const auto time = [&](std::string_view what, std::size_t size = 0) {
    return times.time_us(name_of(what, number, size));
  };
  const auto sign = time("sign"), verify = time("verify"), key = time("key pair");
  const auto wrap = time("encapsulate"), unwrap = time("decapsulate");
  const auto row = [&](std::string_view what, std::size_t size, double floor) {
    rows.push_back({.operation = name_of(what, number, size),
                    .time_us = time(what, size),
                    .floor_us = floor,
                    .count = {},
                    .limit = ratio_limit});
  };
  row("key package", 0, 2 * sign + 2 * key);
  rows.push_back({.operation = name_of("exporter", number),
                  .time_us = time("exporter"),
                  .floor_us = {},
                  .count = {},
                  .limit = {}});
  for (const auto size : sizes) {
    const auto& with = sample(number, size);
    const auto [path, recipients] = counts_of(*with.creator);
    row("update create", size, (path + 1) * key + recipients * wrap + 2 * sign);
    // The sender stands in the other half, so a reader learns the root's secret alone.
    row("update process", size, unwrap + key + 2 * verify);
    row("join", size, unwrap + static_cast<double>(size + 2) * verify);
    row("seal 200 bytes", size, sign);
    row("open 200 bytes", size, verify);
    rows.push_back({.operation = name_of("update bytes", number, size),
                    .time_us = {},
                    .floor_us = {},
                    .count = static_cast<double>(with.commit.size()),
                    .limit = {}});
    rows.push_back({.operation = name_of("stored state bytes", number, size),
                    .time_us = {},
                    .floor_us = {},
                    .count = static_cast<double>(with.state.size()),
                    .limit = {}});
  }
}

// Exit code 0 also where a limit is missed: the table says so, and tools/bench judges.
int run(int argc, char** argv) {
  std::vector<std::string> flags{"--benchmark_repetitions=1", "--benchmark_min_time=0.01s"};
  std::vector<char*> arguments{argv[0]};
  for (auto& flag : flags) arguments.push_back(flag.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);  // later ones win
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  register_all();
  bench::FastestReporter times;
  benchmark::RunSpecifiedBenchmarks(&times);
  std::vector<bench::Row> rows;
  for (const auto number : benched) add_rows(times, number, rows);
  bench::print_report("mls_bench", rows);
  return 0;
}

}  // namespace
}  // namespace pqc::mls

int main(int argc, char** argv) {
  return pqc::mls::run(argc, argv);
}
