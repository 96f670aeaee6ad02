// How quickly whole processes of pqc-chat find messages in a full profile: 100,000 messages that average 200 bytes,
// with twenty people; and how large the database is for that text. The profile has a key agent as every profile has; it
// is unlocked, and runs already, as it does for the second command of a user.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "bench_report.h"
#include "client/people/account.h"
#include "client/profile.h"
#include "crypto/random.h"
#include "support/temporary_folder.h"

extern char** environ;

namespace {

using namespace pqc;
using namespace pqc::client;

constexpr std::size_t all_messages = 100'000;
constexpr std::size_t quick_messages = 5'000;
constexpr int people = 20;
constexpr double limit_search_us = 50'000;
constexpr double limit_history_us = 30'000;
constexpr double limit_size = 2.0;
constexpr UnixMillis start{1'750'000'000'000};

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Words as people use them: few very often, many seldom (Zipf).
class Words {
 public:
  Words() {
    for (int i = 0; i < 20'000; ++i) {
      std::string word;
      for (std::uint64_t j = 0, length = 2 + next() % 9; j < length; ++j)
        word.push_back(static_cast<char>('a' + next() % 26));
      words_.push_back(std::move(word));
    }
  }
  [[nodiscard]] const std::string& at(std::size_t rank) const { return words_[rank]; }
  // 50 to 350 bytes.
  std::string text() {
    const auto length = 50 + next() % 300;
    std::string out;
    while (out.size() < length) out += (out.empty() ? "" : " ") + words_[rank()];
    return out;
  }

 private:
  std::uint64_t next() {
    Bytes bytes(8);
    rng_.fill(bytes);
    std::uint64_t out = 0;
    for (const auto byte : bytes) out = out << 8 | byte;
    return out;
  }
  // The inverse of the harmonic sum, near enough.
  std::size_t rank() {
    const double u = static_cast<double>(next() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
    return std::min(words_.size() - 1, static_cast<std::size_t>(std::pow(static_cast<double>(words_.size()), u)) - 1);
  }

  crypto::SeededRng rng_{7};
  std::vector<std::string> words_;
};

// Fills the profile and answers how many bytes of text are in it.
std::size_t fill(const ProfilePaths& paths, Words& words, std::size_t count) {
  auto lock = must(ProfileLock::try_lock(paths));
  auto profile = must(create_profile(paths, *lock, std::nullopt, {.ask = {}, .agent_program = PQC_KEYD}));
  auto& store = *profile.store;
  const SystemClock clock;
  Account account(store, *profile.keys, clock);
  must(account.create({.name = "alice",
                       .server = "test",
                       .host = "localhost",
                       .port = 1,
                       .fingerprint = {},
                       .suites = {crypto::SuiteId::pq}}));
  std::size_t bytes = 0;
  constexpr std::size_t a_commit = 1000;
  for (std::size_t i = 0; i < count; i += a_commit) {
    auto transaction = must(store.begin());
    for (std::size_t j = i; j < std::min(count, i + a_commit); ++j) {
      const auto peer = "person" + std::to_string(j % people) + "@test";
      MessageRow row;
      row.contact = must(store.contacts.find_or_add(peer, ContactState::accepted, start)).id;
      row.suite_number = 3;
      row.message.id = crypto::SystemRng::instance().bytes<16>();
      row.message.direction = Direction::incoming;
      row.message.device = 1;
      row.message.sent_at = row.message.stored_at = {start.value + static_cast<std::int64_t>(j) * 1000};
      row.message.status = MessageStatus::received;
      row.message.text = words.text();
      bytes += row.message.text.size();
      const auto seq = must(store.messages.add(row));
      must(store.messages.set_shown(*seq, start));
    }
    must(transaction.commit());
  }
  return bytes;
}

// The time of a whole process, from before it is started until it has ended.
double time_of(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = 0;
  const auto begin = std::chrono::steady_clock::now();
  if (::posix_spawn(&child, PQC_CHAT, &actions, nullptr, argv.data(), environ) != 0 ||
      ::waitpid(child, &status, 0) != child)
    throw std::runtime_error("pqc-chat did not start");
  const auto end = std::chrono::steady_clock::now();
  posix_spawn_file_actions_destroy(&actions);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("pqc-chat failed");
  return std::chrono::duration<double, std::micro>(end - begin).count();
}

// The fastest of several runs (bench_report.h says why), after one that reads the file into the page cache.
double fastest_of(const std::string& folder, std::vector<std::string> command, int runs) {
  command.insert(command.begin(), {"pqc-chat", "--profile", folder, "--json"});
  std::vector<double> times;
  time_of(command);
  for (int i = 0; i < runs; ++i) times.push_back(time_of(command));
  return std::ranges::min(times);
}

bench::Row timed(std::string operation, double time, std::optional<double> limit) {
  return {.operation = std::move(operation), .time_us = time, .floor_us = {}, .count = {}, .limit = limit};
}

int measure(bool quick) {
  const test::TemporaryFolder folder;
  const ProfilePaths paths{std::filesystem::path(folder.path()) / "profile"};
  std::filesystem::create_directory(paths.folder);
  std::filesystem::permissions(paths.folder, std::filesystem::perms::owner_all);
  Words words;
  const auto bytes = fill(paths, words, quick ? quick_messages : all_messages);
  const auto size = static_cast<double>(std::filesystem::file_size(paths.database()));
  const int runs = quick ? 3 : 15;
  const auto search = [&](const std::string& text) { return fastest_of(paths.folder, {"search", text}, runs); };
  bench::print_report(
      "store_bench",
      {timed("search: a word in every other message, whole process", search(words.at(0)), limit_search_us),
       timed("search: a word in few messages, whole process", search(words.at(9'000)), limit_search_us),
       timed("search: two words together, whole process", search(words.at(2) + " " + words.at(700)), limit_search_us),
       timed("search: the beginning of a word, whole process", search(words.at(40).substr(0, 2) + "*"),
             limit_search_us),
       timed("search: a word that is nowhere, whole process", search("nowhereatall"), limit_search_us),
       timed("last 50 messages of a conversation, whole process",
             fastest_of(paths.folder, {"history", "person7"}, runs), limit_history_us),
       timed("floor: pqc-chat whoami, whole process", fastest_of(paths.folder, {"whoami"}, runs), {}),
       {.operation = "database, times the text in it",
        .time_us = {},
        .floor_us = {},
        .count = size / static_cast<double>(bytes),
        .limit = limit_size}});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::ranges::any_of(std::span(argv, static_cast<std::size_t>(argc)), [](const char* argument) {
    return std::string_view(argument).starts_with("--benchmark_min_time=0.0");
  });
  try {
    return measure(quick);
  } catch (const std::exception& error) {
    std::cerr << "store_bench: " << error.what() << '\n';
    return 1;
  }
}
