// MLS: what members do, in groups of 2 to 10,000, beside the primitives that RFC 9420 asks for; suite 1 and the
// product's. Operation and primitives run by turns; the ratio is the median over the pairs, and the floor is the
// operation's median time over that ratio. Prints the counts of primitives as a table on standard error.
//
//   mls_bench [--smallest SIZE] [--largest SIZE]    groups of these sizes; up to 10,000 without it, 1,000 in a quick
//   run
//                                                   of tools/bench
#include <cstdio>
#include <cstdlib>
#include <format>
#include <functional>
#include <limits>
#include <print>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "base/locked_arena.h"
#include "bench_report.h"
#include "mls_floor.h"
#include "mls_groups.h"
#include "support/thread_executor.h"

namespace pqc::mls::benched {
namespace {

constexpr std::array<std::size_t, 5> sizes{2, 10, 100, 1'000, 10'000};
constexpr double ratio_limit = 1.3;
constexpr std::size_t text_size = 200;
constexpr std::size_t commits = 100;  // that one member processes
constexpr std::size_t texts = 500;
// Microseconds of each operation that are measured.
constexpr double needed = 100'000;
constexpr double needed_of_signers = 500'000;
constexpr auto no_limit = std::numeric_limits<std::size_t>::max();
// Key schedule of an epoch, with joiner, member, epoch and welcome secret and the confirmation tag (RFC 9420 §8).
constexpr double epoch_kdf = 15;
// A message's key, nonce and next secret, and key and nonce of the sender data.
constexpr double message_kdf = 5;

struct Sizes {
  std::size_t smallest = sizes.front();
  std::size_t largest = sizes.back();
};

class Bench {
 public:
  Bench(std::uint16_t number, Sizes wanted) : suite_(*find_suite(number)), wanted_(wanted) {}

  void run(std::vector<bench::Row>& rows) {
    rows_ = &rows;
    key_package();
    for (const auto size : sizes) {
      if (size >= wanted_.smallest && size <= wanted_.largest) group_of(size);
    }
  }

 private:
  std::string name(std::string_view what, std::size_t size = 0) const {
    auto out = std::format("mls suite {} {}", suite_.number, what);
    return size == 0 ? out : out + std::format(", {}", size);
  }
  void time_row(std::string_view what, std::size_t size, const Counts& counts, const std::function<void()>& operation,
                std::size_t most = no_limit) {
    Floor floor(suite_, counts);
    const bool uneven = counts.sign.calls > 0 && suite_.signature == SignatureScheme::ml_dsa_87;
    const auto measured = measure(operation, floor, uneven ? needed_of_signers : needed, most);
    rows_->push_back({.operation = name(what, size),
                      .time_us = measured.time,
                      .floor_us = measured.time / measured.ratio,
                      .count = {},
                      .limit = ratio_limit});
    std::println(stderr, "  {:<34} {:7.0f} {:7.0f} {:6.0f} {:6.0f} {:6.0f} {:6.0f} {:10.1f} {:10.1f}", name(what, size),
                 counts.sign.calls, counts.verify.calls, counts.key_pairs, counts.hpke_seals, counts.hpke_opens,
                 counts.kdf, (counts.hash.bytes + counts.sign.bytes + counts.verify.bytes) / 1024,
                 counts.aead.bytes / 1024);
  }
  void plain_row(std::string_view what, std::size_t size, std::optional<double> time, std::optional<double> count,
                 std::optional<double> limit = {}) {
    rows_->push_back({.operation = name(what, size), .time_us = time, .floor_us = {}, .count = count, .limit = limit});
  }

  void key_package() {
    auto& rng = environment().rng;
    const auto who = identity(suite_, 1, rng);
    const auto size = static_cast<double>(encode(make_key_package(suite_, who, forever, {}, rng)->package).size());
    time_row("key package", 0, {.sign = {2, 2 * size}, .verify = {}, .hash = {}, .aead = {}, .key_pairs = 2},
             [&] { benchmark::DoNotOptimize(make_key_package(suite_, who, forever, {}, rng)); });
  }

  void group_of(std::size_t size) {
    auto sample =
        make_sample(suite_, size, [&](Group& creator, const CommitOptions& all) { create_group(size, creator, all); });
    const auto& tree = sample.creator.tree();
    look_at(tree, sample.creator.context());
    tree_size_ = static_cast<double>(tree.encode().size());
    update_create(size, sample);
    messages(size, sample);
    update_process(size, sample);
    join(size, sample, static_cast<double>(size));
    state(size, sample);
  }

  void look_at(const RatchetTree& tree, const GroupContext& context) {
    leaf_size_ = static_cast<double>(encode(*tree.leaf({0})).size());
    context_size_ = static_cast<double>(encode(context).size());
    depth_ = static_cast<double>(level(root(tree.width())));
  }

  // What a commit with a path hashes: the path's nodes into the tree hash and the parent hashes, the commit into the
  // transcript, and the group context here and there.
  Count path_hashes(double path, double commit_size) const {
    const double key = static_cast<double>(hpke::parameters(suite_.hpke.kem).public_key);
    const double digest = static_cast<double>(suite_.secret_size());
    return {2 * path + 3, path * (2 * key + 5 * digest) + leaf_size_ + commit_size + 2 * context_size_};
  }

  void create_group(std::size_t size, Group& creator, const CommitOptions& all) {
    const auto commit = [&] { return creator.commit(all, environment()).value(); };
    {
      const auto made = commit();
      look_at(made.next.tree(), made.next.context());
      tree_size_ = static_cast<double>(made.next.tree().encode().size());
    }
    package_size_ = static_cast<double>(encode(std::get<Add>(all.proposals[0].body).key_package).size());
    const auto others = static_cast<double>(size - 1), commit_size = others * package_size_;
    Counts counts{.sign = {3, leaf_size_ + commit_size + tree_size_},
                  .verify = {2 * others, others * (leaf_size_ + package_size_)},
                  .hash = path_hashes(depth_, commit_size),
                  .aead = {2, commit_size + tree_size_},
                  .key_pairs = depth_ + 1,
                  .hpke_seals = others,
                  .kdf = 2 * depth_ + epoch_kdf + 2 + message_kdf};
    // Leaves into the tree hash, key packages into their references, the sealed group info into HPKE's info.
    counts.hash.calls += 3 * others;
    counts.hash.bytes += tree_size_ + commit_size + tree_size_;
    time_row("create in one commit", size, counts, [&] { benchmark::DoNotOptimize(commit()); });
  }

  void update_create(std::size_t size, Sample& sample) {
    const auto commit = [&] { return sample.creator.commit({}, environment()).value(); };
    const auto steps = sample.creator.tree().filtered_direct_path(sample.creator.self());
    const auto commit_size = static_cast<double>(commit().message.size());
    double recipients = 0;
    for (const auto& step : steps) recipients += static_cast<double>(step.resolution.size());
    const auto path = static_cast<double>(steps.size());
    time_row("update create", size,
             {.sign = {2, leaf_size_ + commit_size},
              .verify = {},
              .hash = path_hashes(path, commit_size),
              .aead = {2, commit_size},
              .key_pairs = path + 1,
              .hpke_seals = recipients,
              .kdf = 2 * path + epoch_kdf + message_kdf},
             [&] { benchmark::DoNotOptimize(commit()); });
    plain_row("update bytes", size, {}, commit_size);
  }

  // The last member commits again and again, and the creator follows: the sender stands in the other half, so a reader
  // learns the root's secret alone. Each is the first message of a sender in its epoch.
  void update_process(std::size_t size, Sample& sample) {
    std::vector<Bytes> messages;
    auto sender = Group::parse(sample.last.encode().view()).value();
    auto reader = Group::parse(sample.creator.encode().view()).value();
    const auto steps = sender.tree().filtered_direct_path(sender.self());
    for (std::size_t i = 0; i < commits; ++i) {
      auto committed = sender.commit({}, environment()).value();
      messages.push_back(std::move(committed.message));
      sender = std::move(committed.next);
    }
    const auto commit_size = static_cast<double>(messages.front().size());
    time_row("update process", size,
             {.sign = {},
              .verify = {2, leaf_size_ + commit_size},
              .hash = path_hashes(static_cast<double>(steps.size()), commit_size),
              .aead = {2, commit_size},
              .key_pairs = 1,
              .hpke_opens = 1,
              .kdf = 2 + epoch_kdf + 2 * depth_ + 2 + message_kdf},
             processing(reader, messages), messages.size());
  }

  // Each call processes the next message.
  static std::function<void()> processing(Group& reader, const std::vector<Bytes>& messages) {
    return [&reader, &messages, next = std::size_t{0}] mutable {
      if (!reader.process(messages[next++], environment())) std::abort();
    };
  }

  void join(std::size_t size, Sample& sample, double members) {
    const auto once = [&](const Environment& with) {
      if (!Group::join(sample.welcome, sample.newest, {}, with)) std::abort();
    };
    const auto joined = Group::join(sample.welcome, sample.newest, {}, environment()).value();
    double own_path = 0, parents = 0;
    const auto& tree = joined.tree();
    for (const auto& step : tree.filtered_direct_path({0})) own_path += covers(step.node, joined.self()) ? 1 : 0;
    for (std::uint32_t n = 1; n < node_count(tree.width()); n += 2) parents += tree.blank({n}) ? 0 : 1;
    const auto welcome_size = static_cast<double>(sample.welcome.size());
    const double key = static_cast<double>(hpke::parameters(suite_.hpke.kem).public_key);
    const double digest = static_cast<double>(suite_.secret_size());
    const double nodes = node_count(tree.width());
    time_row("join", size,
             {.sign = {},
              .verify = {members + 2, (members + 1) * leaf_size_ + tree_size_},
              // The tree hash, the parent hashes, the sealed group info in HPKE's info, the key package's reference.
              .hash = {nodes + parents + 2,
                       tree_size_ + 2 * nodes * digest + parents * (key + 2 * digest) + welcome_size + package_size_},
              .aead = {1, tree_size_},
              .key_pairs = own_path,
              .hpke_opens = 1,
              .kdf = epoch_kdf + 3},
             [&] { once(environment()); });
    const auto threads = std::max(1U, std::thread::hardware_concurrency());
    const test::ThreadExecutor executor(threads);
    auto spread = environment();
    spread.executor = &executor;
    const auto wall_start = std::chrono::steady_clock::now();
    once(spread);
    const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - wall_start;
    plain_row(std::format("join on {} threads, wall", threads), size, wall.count(), {});
  }

  void messages(std::size_t size, Sample& sample) {
    const Bytes text(text_size);
    const auto seal_as = [&](Group& sender) { return sender.seal(text, {}, 0, environment()).value(); };
    const auto bytes = static_cast<double>(seal_as(sample.last).size());
    const auto content = static_cast<double>(text_size) + context_size_ + 64;
    const Count sealed{2, bytes};
    auto sender = Group::parse(sample.last.encode().view()).value();
    time_row("seal 200 bytes", size,
             {.sign = {1, content}, .verify = {}, .hash = {}, .aead = sealed, .kdf = message_kdf},
             [&] { benchmark::DoNotOptimize(seal_as(sender)); });
    plain_row("sealed 200 bytes, bytes", size, {}, bytes);
    auto reader = Group::parse(sample.creator.encode().view()).value();
    const auto skipped = seal_as(sample.last);
    if (!reader.process(skipped, environment())) std::abort();  // the way down the secret tree
    std::vector<Bytes> all;
    for (std::size_t i = 0; i < texts; ++i) all.push_back(seal_as(sample.last));
    time_row("open 200 bytes", size,
             {.sign = {}, .verify = {1, content}, .hash = {}, .aead = sealed, .kdf = message_kdf},
             processing(reader, all), all.size());
    message_keys(size);
    time_row("exporter", size, {.sign = {}, .verify = {}, .hash = {1, 0}, .aead = {}, .kdf = 2},
             [&] { benchmark::DoNotOptimize(sample.creator.export_secret("label", {}, 32)); });
  }

  // O(log n) for the first key of a sender, the same for every later one.
  void message_keys(std::size_t size) {
    SecretTree tree(suite_, width_for(static_cast<std::uint32_t>(size)), SecretBytes(suite_.secret_size()));
    constexpr auto kind = RatchetKind::application;
    time_row("message key, first", size, {.sign = {}, .verify = {}, .hash = {}, .aead = {}, .kdf = 2 * depth_ + 2 + 3},
             [&] { benchmark::DoNotOptimize(tree.look_up({0}, kind, {0})); });
    time_row("message key, next", size, {.sign = {}, .verify = {}, .hash = {}, .aead = {}, .kdf = 3},
             [&] { tree.accept(tree.look_up_next({0}, kind).value()); });
  }

  void state(std::size_t size, Sample& sample) {
    const auto encoded = to_bytes(sample.creator.encode().view());
    const auto in_use = [] {
      const auto heap = mallinfo2();
      return static_cast<double>(heap.uordblks + heap.hblkhd + LockedArena::instance().in_use());
    };
    const auto before = in_use();
    const auto group = Group::parse(encoded).value();
    const bool limited = size == 1'000 && suite_.number == suites::x_wing_aes256_ml_dsa_87;
    plain_row("state in memory, bytes", size, {}, in_use() - before,
              limited ? std::optional(double{16 << 20}) : std::nullopt);
    plain_row("stored state, bytes", size, {}, static_cast<double>(encoded.size()));
  }

  const Suite& suite_;
  Sizes wanted_;
  std::vector<bench::Row>* rows_ = nullptr;
  double leaf_size_ = 0, tree_size_ = 0, package_size_ = 0, context_size_ = 0, depth_ = 0;
};

Sizes sizes_of(int argc, char** argv) {
  Sizes out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (argument.starts_with("--benchmark_min_time")) out.largest = 1'000;
    if (i + 1 == argc) break;
    if (argument == "--smallest") out.smallest = static_cast<std::size_t>(std::atoll(argv[i + 1]));
    if (argument == "--largest") out.largest = static_cast<std::size_t>(std::atoll(argv[i + 1]));
  }
  return out;
}

// Exit code 0 also where a limit is missed: the table says so, and tools/bench judges.
int run(int argc, char** argv) {
  const auto wanted = sizes_of(argc, argv);
  std::println(stderr, "  {:<34} {:>7} {:>7} {:>6} {:>6} {:>6} {:>6} {:>10} {:>10}", "primitives of", "sign", "verify",
               "keys", "seal", "open", "kdf", "KiB hashed", "KiB sealed");
  std::vector<bench::Row> rows;
  for (const auto number : {suites::x25519_aes128_ed25519, suites::x_wing_aes256_ml_dsa_87}) {
    Bench(number, wanted).run(rows);
  }
  bench::print_report("mls_bench", rows);
  return 0;
}

}  // namespace
}  // namespace pqc::mls::benched

int main(int argc, char** argv) {
  return pqc::mls::benched::run(argc, argv);
}
