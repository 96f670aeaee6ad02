// The agent's process from outside (docs/spec/agent.md §2, §7): who starts it, what it inherits, what the kernel says
// about it, several clients at once, and when it ends.
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/exit_code.h"
#include "raw_connection.h"
#include "running_agent.h"

extern char** environ;

namespace pqc::keys::agent_client {
namespace {

using test::must;

constexpr auto suite = crypto::SuiteId::pq;

template <class T>
T get(Result<T> result) {
  if (!result) throw std::runtime_error("agent: " + std::string(name_of(result.error().error)));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// pqc-chat-keyd with these arguments; its process, or its exit code.
pid_t start_keyd(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "pqc-chat-keyd");
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t process = 0;
  EXPECT_EQ(posix_spawn(&process, PQC_KEYD, nullptr, nullptr, pointers.data(), environ), 0);
  return process;
}

int exit_code_of(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct AgentLife : testing::Test {
  test::RunningAgent agent;
  AgentClient client{agent.location()};

  // A line of /proc/PID/status, without its name.
  [[nodiscard]] std::string status_line(const std::string& name) const {
    std::ifstream file("/proc/" + std::to_string(agent.pid()) + "/status");
    for (std::string line; std::getline(file, line);)
      if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
    return "missing";
  }
};

TEST_F(AgentLife, TheKernelSaysThatItIsConfined) {
  get(client.status());
  EXPECT_EQ(status_line("Seccomp"), "2");
  EXPECT_EQ(status_line("NoNewPrivs"), "1");
  EXPECT_EQ(status_line("TracerPid"), "0");
  EXPECT_EQ(status_line("Threads"), "1");
  for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) EXPECT_EQ(status_line(set), "0000000000000000");
  const auto limits = test::read_file("/proc/" + std::to_string(agent.pid()) + "/limits");
  EXPECT_NE(limits.find("Max core file size        0                    0 "), limits.npos) << limits;
}

// What a client has open, or in its environment, is not the agent's.
TEST_F(AgentLife, InheritsNeitherFilesNorSecretsFromItsClient) {
  if (geteuid() != 0) GTEST_SKIP() << "only root looks into the agent";
  const int planted = open("/etc/passwd", O_RDONLY);
  setenv("PQC_CHAT_PASSPHRASE", "planted-in-the-environment", 1);
  get(client.status());
  unsetenv("PQC_CHAT_PASSPHRASE");
  close(planted);
  const auto process = "/proc/" + std::to_string(agent.pid());
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
    const auto target = std::filesystem::read_symlink(entry.path()).string();
    EXPECT_EQ(target.find("passwd"), target.npos);
  }
  EXPECT_EQ(test::read_file(process + "/environ"), "");
}

TEST_F(AgentLife, ASecondAgentOfAFolderIsRefused) {
  get(client.status());
  const auto first = agent.pid();
  for (const auto* mode : {"--foreground", "--require-confinement"})
    EXPECT_EQ(exit_code_of(start_keyd({"--folder", agent.folder(), mode})), number(ExitCode::busy)) << mode;
  EXPECT_EQ(agent.pid(), first);
  get(client.status());
}

TEST_F(AgentLife, EndsByItselfWhenIdle) {
  const auto process = start_keyd({"--folder", agent.folder(), "--foreground", "--idle", "1"});
  EXPECT_EQ(exit_code_of(process), 0);
  EXPECT_NE(access(agent.path("agent.sock").c_str(), F_OK), 0);
  EXPECT_NE(test::read_file(agent.path("audit.log")).find("\"event\":\"agent_stopped\",\"reason\":\"idle\""),
            std::string::npos);
  EXPECT_EQ(get(client.status()).state, State::absent);
}

// Each client gets the answers to its own questions, whatever the others do.
TEST_F(AgentLife, ServesClientsSideBySide) {
  AgentKeyHolder holder(client);
  const auto account = must(identity::AccountName::make("alice", "server.test"));
  get(client.create_vault({}, true));
  const auto made = must(holder.create(account, {1}, std::span(&suite, 1)));
  const auto record = must(holder.sign_record(test::first_record(made)));
  const auto device =
      must(identity::VerifiedDevice::make(must(identity::verify(record, account, test::start_time)), {1}, suite));
  std::atomic<int> verified = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint8_t number = 0; number < 4; ++number)
      threads.emplace_back([&, number] {
        AgentClient own(agent.location());
        AgentKeyHolder own_holder(own);
        for (std::uint8_t i = 0; i < 20; ++i) {
          identity::LoginStatement login{{}, account, {1}, suite, {}, {}};
          login.challenge = {number, i};
          const auto signature = own_holder.sign(login);
          if (signature && identity::verify(login, *signature, device)) ++verified;
          if (i % 5 == 0 && own_holder.generate_batch(suite, 1, test::start_time)) ++verified;
        }
      });
  }
  EXPECT_EQ(verified, 4 * (20 + 4));
  EXPECT_EQ(holder.batches().size(), 16);
}

// What lies where the next vault is written is not followed and not waited for.
TEST_F(AgentLife, WritesPastAPlantedPipeOrLink) {
  get(client.create_vault({}, true));
  const auto temporary = agent.path("vault.new");
  ASSERT_EQ(mkfifo(temporary.c_str(), 0600), 0);
  get(client.witness(1));
  const auto elsewhere = agent.path("elsewhere");
  std::ofstream(elsewhere) << "untouched";
  std::filesystem::create_symlink(elsewhere, temporary);
  get(client.witness(2));
  std::filesystem::create_hard_link(elsewhere, temporary);
  chmod(elsewhere.c_str(), 0644);
  get(client.witness(3));
  EXPECT_EQ(test::read_file(elsewhere), "untouched");
  struct stat vault{};
  ASSERT_EQ(lstat(agent.path("vault").c_str(), &vault), 0);
  EXPECT_EQ(vault.st_mode, S_IFREG | 0600U);
  agent.kill(SIGKILL);
  get(client.unlock(Way::key_file, {}));
}

TEST_F(AgentLife, AFileOfTheFolderThatIsALinkIsRefused) {
  get(client.create_vault({}, true));
  agent.kill(SIGTERM);
  std::filesystem::rename(agent.path("vault"), agent.path("moved"));
  std::filesystem::create_symlink(agent.path("moved"), agent.path("vault"));
  EXPECT_EQ(client.unlock(Way::key_file, {}).error().error, Error::no_permission);
  agent.kill(SIGTERM);
  std::filesystem::rename(agent.path("lock"), agent.path("moved-lock"));
  std::filesystem::create_symlink("/etc/passwd", agent.path("lock"));
  EXPECT_EQ(client.status().error().error, Error::no_permission);
}

// Attached before the agent forbade it, a tracer would read every key.
TEST_F(AgentLife, WithATracerItIsNotConfined) {
  const auto child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execl(PQC_KEYD, "pqc-chat-keyd", "--folder", agent.folder().c_str(), "--foreground", "--require-confinement",
          "--idle", "1", nullptr);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status))
    ptrace(PTRACE_CONT, child, nullptr, WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), number(ExitCode::unexpected));
}

// "nobody" gets no namespaces (the specification says why): what is left has to refuse the same things.
TEST_F(AgentLife, WithoutNamespacesTheRestRefusesAsMuch) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  constexpr uid_t nobody = 65534;
  ASSERT_EQ(chown(agent.folder().c_str(), nobody, nobody), 0);
  const int program = open(PQC_KEYD, O_RDONLY | O_CLOEXEC);
  int output[2];
  ASSERT_EQ(pipe2(output, O_CLOEXEC), 0);
  const auto child = fork();
  if (child == 0) {
    if (setgid(nobody) != 0 || setuid(nobody) != 0 || dup2(output[1], STDOUT_FILENO) < 0) _exit(126);
    std::string name = "pqc-chat-keyd";
    std::string mode = "--self-test";
    std::string folder = agent.folder();
    char* const arguments[] = {name.data(), mode.data(), folder.data(), nullptr};
    fexecve(program, arguments, environ);
    _exit(127);
  }
  close(output[1]);
  close(program);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(output[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  close(output[0]);
  const auto code = exit_code_of(child);
  const auto holds = [&](const std::string& measure) {
    return text.find("\"name\":\"" + measure + "\",\"holds\":true") != text.npos;
  };
  EXPECT_FALSE(holds("user_namespace")) << text;
  EXPECT_TRUE(holds("seccomp")) << text;
  if (!holds("landlock")) GTEST_SKIP() << "this kernel has no Landlock: files stay open to it";
  EXPECT_EQ(code, 0) << text;
  EXPECT_EQ(text.find("\"refused\":false"), text.npos) << text;
}

}  // namespace
}  // namespace pqc::keys::agent_client
