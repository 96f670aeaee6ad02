#include "p2p/profile.h"

#include <algorithm>

#include "base/log.h"
#include "client/files.h"
#include "crypto/random.h"

namespace pqc::p2p {
namespace {

using client::Result;

const SystemClock system_clock;

client::ProfilePaths part_of(const client::ProfilePaths& profile) {
  return {profile.folder / "p2p"};
}

std::filesystem::path identity_file(const client::ProfilePaths& part) {
  return part.folder / "identity";
}

Result<std::vector<crypto::SuiteId>> find_suites(std::span<const std::string> names) {
  std::vector<crypto::SuiteId> out;
  for (const auto& name : names) {
    const auto* suite = crypto::find_suite(name);
    if (suite == nullptr)
      return client::fail(ExitCode::usage, "there is no suite '" + printable(name) +
                                               "' in this build: pq, pq-falcon, enhanced or standard");
    out.push_back(suite->id);
  }
  if (out.empty()) out.push_back(crypto::all_suites().front().id);
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

std::optional<crypto::Level> find_level(std::string_view name) {
  if (name.empty()) return crypto::default_minimum_level;
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return crypto::parse_level(upper);
}

}  // namespace

PeersFile Profile::peers_of(const client::ProfilePaths& profile) {
  return PeersFile(part_of(profile).folder / "peers");
}

Result<Profile> Profile::create(const client::ProfilePaths& profile, std::string_view name,
                                std::span<const std::string> suites, const std::optional<SecretBytes>& passphrase) {
  const auto found = find_suites(suites);
  if (!found) return std::unexpected(found.error());
  const auto part = part_of(profile);
  if (auto checked = LocalIdentity::can_create(identity_file(part), name); !checked) return client::pass(checked);
  if (auto made = client::make_private_folder(part.folder); !made) return client::pass(made);
  auto keys = client::AgentKeys::create(part.agent(), passphrase);
  if (!keys) return client::pass(keys);
  auto identity = LocalIdentity::create((*keys)->holder(), identity_file(part), name, *found, system_clock.now());
  if (!identity) return client::pass(identity);
  return Profile(std::move(*keys), std::move(*identity), peers_of(profile));
}

Result<Profile> Profile::open(const client::ProfilePaths& profile, const client::AskPassphrase& ask) {
  const auto part = part_of(profile);
  std::error_code code;
  if (!std::filesystem::exists(identity_file(part), code))
    return client::fail(ExitCode::not_registered,
                        "there is no identity in " + profile.folder.string() + ": pqc-chat identity create NAME");
  auto keys = client::AgentKeys::open(part.agent(), ask);
  if (!keys) return client::pass(keys);
  auto identity = LocalIdentity::load((*keys)->holder(), identity_file(part), system_clock.now());
  if (!identity) return client::pass(identity);
  return Profile(std::move(*keys), std::move(*identity), peers_of(profile));
}

std::vector<std::string> Profile::suites() const {
  std::vector<std::string> out;
  for (const auto& key : identity_.record().record().identities)
    if (const auto* suite = crypto::find_suite(key.suite)) out.emplace_back(suite->name);
  return out;
}

Result<Party> Profile::party(std::string_view minimum_level) {
  const auto level = find_level(minimum_level);
  if (!level) return client::fail(ExitCode::usage, "--level is standard, enhanced or quantum-resistant");
  return Party{.name = identity_.name(),
               .record = identity_.record(),
               .keys = keys_->holder(),
               .minimum_level = *level,
               .clock = system_clock,
               .rng = crypto::SystemRng::instance()};
}

}  // namespace pqc::p2p
