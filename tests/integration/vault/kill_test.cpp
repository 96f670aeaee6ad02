// kill -9 in the middle of vault writes (docs/spec/vault.md §9), with real processes:
//
//   test_vault_kill ROUNDS
//
// A child writes generation after generation, each with content that is computed from its number, and says every one
// that was acknowledged through a pipe. The parent kills it at a random moment. Afterwards the vault opens, its content
// is whole and is that of its generation, and nothing acknowledged is missing. Prints how often the kill left an
// unfinished vault.new behind, which shows that it struck inside of a write.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"
#include "keys/vault/vault.h"

namespace {

using namespace pqc;
using namespace pqc::keys::vault;

// Content that belongs to one generation only, of a length that changes too: 20 to 150 kB.
Content content_of(std::uint64_t generation, const StoreKey& store_key) {
  crypto::SeededRng rng(generation);
  Content content;
  std::ranges::copy(store_key.view(), content.store_key.fill().begin());
  content.witness = generation;
  SecretBytes value(20'000 + generation * 7919 % 130'000);
  rng.fill(value.fill());
  content.items.emplace("state", std::move(value));
  return content;
}

bool is_content_of(const Content& content, std::uint64_t generation) {
  const auto expected = content_of(generation, content.store_key);
  const auto item = content.items.find("state");
  return content.witness == generation && item != content.items.end() &&
         equal(item->second.view(), expected.items.at("state").view());
}

[[noreturn]] void fail(const char* what, const std::string& detail = {}) {
  std::fprintf(stderr, "vault kill test: %s %s\n", what, detail.c_str());
  std::exit(1);
}

[[noreturn]] void write_for_ever(const std::string& path, int acknowledged) {
  auto folder = KeyFolder::open(path);
  const SystemClock clock;
  if (!folder || !folder->lock()) _exit(2);
  auto opened = OpenVault::unlock({*folder, clock, crypto::SystemRng::instance()}, Way::key_file, {});
  if (!opened) _exit(3);
  for (;;) {
    const auto next = opened->vault.header().generation + 1;
    if (!opened->vault.save(content_of(next, opened->content.store_key))) _exit(4);
    if (write(acknowledged, &next, sizeof next) != sizeof next) _exit(5);
  }
}

std::uint64_t read_last(int fd, std::uint64_t last) {
  std::uint64_t value = 0;
  while (read(fd, &value, sizeof value) == sizeof value) last = value;
  return last;
}

struct Round {
  std::uint64_t acknowledged = 0;
  bool inside_a_write = false;
};

Round kill_once(const std::string& path, std::mt19937& random, std::uint64_t before) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const auto child = fork();
  if (child < 0) fail("fork");
  if (child == 0) write_for_ever(path, ends[1]);
  close(ends[1]);
  // From its first acknowledgement on the child does nothing but write.
  pollfd ready{ends[0], POLLIN, 0};
  if (poll(&ready, 1, 10'000) != 1 || (ready.revents & POLLIN) == 0) fail("the child wrote nothing");
  usleep(std::uniform_int_distribution<useconds_t>(0, 12'000)(random));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) fail("the child ended by itself:", std::to_string(WEXITSTATUS(status)));
  const auto acknowledged = read_last(ends[0], before);
  close(ends[0]);
  return {acknowledged, std::filesystem::exists(path + "/vault.new")};
}

std::uint64_t check(const std::string& path, std::uint64_t acknowledged) {
  auto folder = KeyFolder::open(path);
  const SystemClock clock;
  if (!folder || !folder->lock()) fail("the folder does not open");
  const auto opened = OpenVault::unlock({*folder, clock, crypto::SystemRng::instance()}, Way::key_file, {});
  if (!opened) fail("the vault does not open:", std::string(name_of(opened.error())));
  const auto generation = opened->vault.header().generation;
  if (generation < acknowledged || generation > acknowledged + 1) fail("old or new, not", std::to_string(generation));
  if (!is_content_of(opened->content, generation)) fail("mixed content in", std::to_string(generation));
  return generation;
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 0;
  if (argc != 2 || std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), rounds).ec != std::errc{}) return 2;
  auto path = (std::filesystem::temp_directory_path() / "pqc-kill-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) fail("no folder");
  {
    const auto folder = KeyFolder::open(path);
    const SystemClock clock;
    auto made = OpenVault::create({*folder, clock, crypto::SystemRng::instance()}, {}, true);
    if (!made || !made->vault.save(content_of(2, made->content.store_key))) fail("the vault is not made");
  }
  std::mt19937 random(20'260);
  std::uint64_t generation = 2;
  int inside = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto round = kill_once(path, random, generation);
    inside += round.inside_a_write ? 1 : 0;
    generation = check(path, round.acknowledged);
  }
  std::filesystem::remove_all(path);
  if (inside == 0) fail("no kill struck inside of a write: this shows nothing");
  std::printf("%d kills, %d inside of a write; %llu generations written, none lost or mixed\n", rounds, inside,
              static_cast<unsigned long long>(generation));
}
