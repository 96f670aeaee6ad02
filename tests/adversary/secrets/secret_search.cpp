// THREATS 23: looks for the secrets of a key folder in processes and files.
//
//   secret_search FOLDER PASSPHRASE PUBLIC PLACE...
//
// Opens the vault of FOLDER, with its key file where PASSPHRASE is empty. Its items, except what also stands in the
// file PUBLIC, are the needles; a PLACE is the number of a process or the name of a file. Prints one line: how many
// needles there are, how many places hold the database's key, which a client has by right, and then each place with a
// needle in it and their number.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <map>
#include <span>
#include <string>

#include "crypto/random.h"
#include "keys/vault/vault.h"
#include "support/needles.h"

namespace {

using namespace pqc;
using namespace pqc::keys::vault;

bool is_process(const std::string& place) {
  return !place.empty() && std::ranges::all_of(place, [](unsigned char c) { return std::isdigit(c) != 0; });
}

Bytes content_of(const std::string& place) {
  if (!is_process(place)) return to_bytes(as_bytes(test::read_file(place)));
  return test::memory_of(static_cast<pid_t>(std::stol(place)));
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 5) return 2;
  const std::string passphrase = arguments[2];
  auto folder = KeyFolder::open(arguments[1]);
  const SystemClock clock;
  if (!folder) return 3;
  const auto way = passphrase.empty() ? Way::key_file : Way::passphrase;
  const auto opened = OpenVault::unlock({*folder, clock, crypto::SystemRng::instance()}, way, as_bytes(passphrase));
  if (!opened) {
    std::fprintf(stderr, "the vault does not open: %s\n", std::string(name_of(opened.error())).c_str());
    return 3;
  }
  const auto public_values = test::read_file(arguments[3]);
  const test::Known known(as_bytes(public_values));
  std::map<std::string, test::Needles> secrets;
  std::size_t needles = 0;
  const auto add = [&](const std::string& name, ByteView secret, const test::Known& except) {
    secrets[name].add(secret, except);
    needles += secrets[name].size();
  };
  for (const auto& [name, value] : opened->content.items) add(name, value.view(), known);
  if (!passphrase.empty()) add("passphrase", as_bytes(passphrase), {});
  if (const auto key_file = folder->read("vault.key", 32)) add("vault.key", *key_file, {});
  test::Needles rightful;
  rightful.add(opened->content.store_key.view());

  int with_store_key = 0;
  std::string found;
  for (const std::string place : arguments.subspan(4)) {
    const auto content = content_of(place);
    with_store_key += rightful.count_in(content) > 0 ? 1 : 0;
    for (const auto& [name, pieces] : secrets)
      if (const auto count = pieces.count_in(content); count > 0)
        found += " " + place + ":" + name + "=" + std::to_string(count);
  }
  std::printf("needles=%zu rightful=%d%s\n", needles, with_store_key, found.c_str());
  return found.empty() ? 0 : 1;
}
