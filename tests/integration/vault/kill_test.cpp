// kill -9 in the middle of vault writes (docs/spec/vault.md §9), with real processes:
//
//   test_vault_kill ROUNDS
//
// A child writes generation after generation, each with content that is computed from its number, and says every one
// that was acknowledged through a pipe. The parent kills it at a random moment. Afterwards the vault opens, its content
// is whole and is that of its generation, and nothing acknowledged is missing. Prints where in a write the kills
// struck, by the vault.new that they left and the generation that is there.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
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

std::size_t size_of(std::uint64_t generation) {
  return 20'000 + generation * 7919 % 130'000;
}

// Content that belongs to one generation only, of a length that changes too: 20 to 150 kB.
Content content_of(std::uint64_t generation, const StoreKey& store_key) {
  crypto::SeededRng rng(generation);
  Content content;
  std::ranges::copy(store_key.view(), content.store_key.fill().begin());
  content.witness = generation;
  SecretBytes value(size_of(generation));
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

// Where in a write the kill struck, by what it left.
enum class Struck : std::uint8_t { between, writing, syncing, renamed };

struct Round {
  std::uint64_t acknowledged = 0;
  Struck struck = Struck::between;
};

std::uintmax_t size_or_zero(const std::string& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  return missing ? 0 : size;
}

// The next file is as much longer than this one as its content is.
Struck where(const std::string& path, std::uint64_t acknowledged) {
  if (!std::filesystem::exists(path + "/vault.new")) return Struck::between;
  const auto whole = size_or_zero(path + "/vault") + size_of(acknowledged + 1) - size_of(acknowledged);
  return size_or_zero(path + "/vault.new") < whole ? Struck::writing : Struck::syncing;
}

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
  return {acknowledged, where(path, acknowledged)};
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
  std::map<Struck, int> struck;
  for (int i = 0; i < rounds; ++i) {
    auto round = kill_once(path, random, generation);
    generation = check(path, round.acknowledged);
    if (generation > round.acknowledged) round.struck = Struck::renamed;
    ++struck[round.struck];
  }
  std::filesystem::remove_all(path);
  if (struck[Struck::between] == rounds) fail("no kill struck inside of a write: this shows nothing");
  std::printf(
      "%d kills: %d while the new file was written, %d while it was synced, %d when it was renamed but not yet said,\n"
      "%d between writes; %llu generations written, none lost or mixed\n",
      rounds, struck[Struck::writing], struck[Struck::syncing], struck[Struck::renamed], struck[Struck::between],
      static_cast<unsigned long long>(generation));
}
