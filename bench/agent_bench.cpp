// What it costs that the keys live in a process of their own: a signature (Ed25519 + ML-DSA-87) through the agent
// against the same signature in process, unlocking, and the agent's memory. The agent is a real one.
//
// Both signatures are taken in turns, and their tenth percentiles are compared: ML-DSA signs in a random number of
// rounds (FIPS 204 §6.2), one round in a quarter of the cases, so that is where both did the same work.
//
// They are taken twice: as the kernel places the two processes, which on an otherwise idle machine is on two cores, so
// that a sleeping core is woken for each message; and with both on one core, which leaves what the programs do
// themselves.
#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <sched.h>

#include "../tests/integration/agent/running_agent.h"
#include "bench_report.h"
#include "crypto/random.h"

namespace {

using namespace pqc;
using namespace pqc::keys;
using namespace pqc::keys::agent_client;
using test::must;

constexpr auto suite = crypto::SuiteId::pq;
constexpr double limit_overhead_us = 60;
constexpr double limit_unlock_us = 1'000'000;
constexpr double limit_resident_kib = 12 * 1024;

template <class Work>
double time_of(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

double tenth_percentile(std::vector<double> times) {
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 10);
  std::ranges::nth_element(times, at);
  return *at;
}

double resident_kib(pid_t pid) {
  const auto status = test::read_file("/proc/" + std::to_string(pid) + "/status");
  const auto at = status.find("VmRSS:");
  return at == status.npos ? 0 : std::stod(status.substr(at + 6));
}

void keep_on_the_first_core(pid_t pid) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(pid, sizeof allowed, &allowed) != 0) throw std::runtime_error("sched_getaffinity");
  std::size_t first = 0;
  while (!CPU_ISSET(first, &allowed)) ++first;
  CPU_ZERO(&allowed);
  CPU_SET(first, &allowed);
  if (::sched_setaffinity(pid, sizeof allowed, &allowed) != 0) throw std::runtime_error("sched_setaffinity");
}

struct SigningTimes {
  double through_agent_us;
  double in_process_us;
};

SigningTimes signing_times(AgentKeyHolder& remote, SoftwareKeyHolder& local, const identity::LoginStatement& login,
                           std::size_t rounds) {
  std::vector<double> through_agent;
  std::vector<double> in_process;
  for (std::size_t i = 0; i < rounds; ++i) {
    through_agent.push_back(time_of([&] { must(remote.sign(login)); }));
    in_process.push_back(time_of([&] { must(local.sign(login)); }));
  }
  return {.through_agent_us = tenth_percentile(through_agent), .in_process_us = tenth_percentile(in_process)};
}

bench::Row round_trip(std::string operation, const SigningTimes& times) {
  return {.operation = std::move(operation),
          .time_us = times.through_agent_us - times.in_process_us,
          .floor_us = {},
          .count = {},
          .limit = limit_overhead_us};
}

template <class T>
T get(agent_client::Result<T> result) {
  if (!result) throw std::runtime_error("agent: " + std::string(agent_client::name_of(result.error().error)));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::ranges::any_of(std::span(argv, static_cast<std::size_t>(argc)), [](const char* argument) {
    return std::string_view(argument).starts_with("--benchmark_min_time=0.0");
  });
  const std::size_t rounds = quick ? 200 : 2000;
  const test::RunningAgent agent;
  AgentClient client(agent.location());
  AgentKeyHolder remote(client);
  const auto passphrase = as_bytes("a passphrase of the benchmark");
  get(client.create_vault(passphrase, false));

  const auto account = must(identity::AccountName::make("alice", "server.test"));
  SoftwareKeyHolder local(crypto::SystemRng::instance());
  must(remote.create(account, {1}, std::span(&suite, 1)));
  must(local.create(account, {1}, std::span(&suite, 1)));
  must(remote.generate_batch(suite, 100, test::start_time));

  get(client.lock());
  std::vector<double> unlocks;
  for (int i = 0; i < 3; ++i) {
    unlocks.push_back(time_of([&] { get(client.unlock(Way::passphrase, passphrase)); }));
    get(client.lock());
  }
  get(client.unlock(Way::passphrase, passphrase));

  identity::LoginStatement login;
  login.account = account;
  login.device = {1};
  login.suite = suite;
  const auto anywhere = signing_times(remote, local, login, rounds);
  keep_on_the_first_core(agent.pid());
  keep_on_the_first_core(0);
  const auto one_core = signing_times(remote, local, login, rounds);
  bench::print_report("agent_bench", {{.operation = "sign through the agent",
                                       .time_us = anywhere.through_agent_us,
                                       .floor_us = anywhere.in_process_us,
                                       .count = {},
                                       .limit = {}},
                                      round_trip("cost of the agent's round trip", anywhere),
                                      round_trip("cost of the agent's round trip, on one core", one_core),
                                      {.operation = "unlock by passphrase (slowest of 3)",
                                       .time_us = std::ranges::max(unlocks),
                                       .floor_us = {},
                                       .count = {},
                                       .limit = limit_unlock_us},
                                      {.operation = "resident memory of an idle agent, KiB",
                                       .time_us = {},
                                       .floor_us = {},
                                       .count = resident_kib(agent.pid()),
                                       .limit = limit_resident_kib}});
}
