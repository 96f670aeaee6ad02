// THREATS 23: the memory of a client, after it used the agent for everything, holds none of the agent's secrets; nor do
// logs and what the system shows of both processes.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "crypto/random.h"
#include "keys/vault/vault.h"
#include "running_agent.h"
#include "support/needles.h"

namespace pqc::keys::agent_client {
namespace {

using test::must;
using test::Needles;

constexpr auto suite = crypto::SuiteId::pq;
constexpr std::size_t window_of_public = 64;

// A client's whole work with the agent; says the public values through the pipe and then stays as it is.
void be_a_client(const Location& location, int report, int passphrase) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  AgentClient client(location);
  AgentKeyHolder holder(client);
  {
    SecretBytes typed(40);
    if (read(passphrase, typed.fill().data(), typed.size()) != static_cast<ssize_t>(typed.size())) _exit(1);
    if (!client.create_vault(typed.view(), true) || !client.lock()) _exit(2);
    if (!client.unlock(Way::passphrase, typed.view())) _exit(3);
  }
  const auto account = must(identity::AccountName::make("canary", "threat23.test"));
  const auto made = must(holder.create(account, {1}, std::span(&suite, 1)));
  const auto record = must(holder.sign_record(test::first_record(made)));
  const auto batch = must(holder.generate_batch(suite, 20, test::start_time));
  const auto key = client.store_key();
  identity::LoginStatement login{{}, account, {1}, suite, {}, {}};
  auto text = to_bytes(record);
  append(text, must(holder.sign(login)));
  append(text, batch.signed_manifest);
  append(text, batch.last_resort);
  for (const auto& pair : batch.one_time) append(text, pair);
  const auto size = text.size();
  if (write(report, &size, sizeof size) != sizeof size) _exit(4);
  for (std::size_t done = 0; done < size;) {
    const auto n = write(report, text.data() + done, size - done);
    if (n <= 0) _exit(5);
    done += static_cast<std::size_t>(n);
  }
  for (;;) pause();
}

Bytes read_exactly(int fd, std::size_t size) {
  Bytes out(size);
  for (std::size_t done = 0; done < size;) {
    const auto n = read(fd, out.data() + done, size - done);
    if (n <= 0) throw std::runtime_error("the client ended");
    done += static_cast<std::size_t>(n);
  }
  return out;
}

struct Threat23 : testing::Test {
  test::RunningAgent agent;
  pid_t client = -1;
  ~Threat23() override {
    if (client <= 0) return;
    ::kill(client, SIGKILL);
    waitpid(client, nullptr, 0);
  }
};

TEST_F(Threat23, NoSecretOfTheAgentIsInAClientOrInALog) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's shadow memory has terabytes";
#endif
  int report[2];
  int typed[2];
  ASSERT_EQ(pipe2(report, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(typed, O_CLOEXEC), 0);
  client = fork();
  if (client == 0) {
    try {
      be_a_client(agent.location(), report[1], typed[0]);
    } catch (const std::exception&) {
    }
    _exit(6);
  }
  close(report[1]);
  close(typed[0]);
  const std::string passphrase = "canary-7Qx3vLr9Tz2Ws8Km4Hd6Yb1Nc5Gf0Pj!!";
  ASSERT_EQ(passphrase.size(), 40);
  ASSERT_EQ(write(typed[1], passphrase.data(), passphrase.size()), 40);
  std::size_t size = 0;
  ASSERT_EQ(read(report[0], &size, sizeof size), static_cast<ssize_t>(sizeof size));
  const auto shown_to_all = read_exactly(report[0], size);
  const test::Known known(shown_to_all);

  // What the vault holds, opened with its key file beside the agent.
  auto folder = must(vault::KeyFolder::open(agent.folder()));
  const SystemClock clock;
  auto opened =
      must(vault::OpenVault::unlock({folder, clock, crypto::SystemRng::instance()}, vault::Way::key_file, {}));
  Needles secrets;
  for (const auto& [name, value] : opened.content.items) secrets.add(value.view(), known);
  secrets.add(as_bytes(passphrase), known);
  secrets.add(must(folder.read("vault.key", 32)), known);
  ASSERT_GT(secrets.size(), 20 * 60);

  const auto memory = test::memory_of(client);
  // The search sees what is there: the database key, which the client has by right, and the public keys.
  Needles rightful;
  rightful.add(opened.content.store_key.view());
  EXPECT_GT(rightful.count_in(memory), 0);
  Needles shown;
  shown.add(ByteView(shown_to_all).last(window_of_public));
  EXPECT_GT(shown.count_in(memory), 0);
  EXPECT_EQ(secrets.count_in(memory), 0);

  const auto pid = std::to_string(agent.pid());
  for (const auto& path : {agent.path("audit.log"), agent.path("vault"), agent.path("attempts"),
                           "/proc/" + pid + "/cmdline", "/proc/" + pid + "/environ"})
    EXPECT_EQ(secrets.count_in(as_bytes(test::read_file(path))), 0) << path;
  EXPECT_FALSE(test::read_file(agent.path("audit.log")).empty());
}

TEST_F(Threat23, NobodyOfTheSameUserReadsTheAgentsMemory) {
  AgentClient asks(agent.location());
  ASSERT_TRUE(asks.status());
  const auto pid = agent.pid();
  const auto child = fork();
  if (child == 0) {
    // Without root's right to read everything, as an ordinary process of the same user.
    if (geteuid() == 0 && prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE) != 0) _exit(1);
    if (geteuid() == 0) {
      __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
      __user_cap_data_struct none[2]{};
      if (syscall(SYS_capset, &header, none) != 0) _exit(1);
    }
    _exit(open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY) < 0 ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pqc::keys::agent_client
