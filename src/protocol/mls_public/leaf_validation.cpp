#include "protocol/mls_public/leaf_validation.h"

#include <algorithm>
#include <set>

namespace pqc::mls::inline public_part {
namespace {

constexpr std::uint16_t last_default_proposal = 7;

bool lists(const std::vector<std::uint16_t>& list, std::uint16_t value) {
  return std::ranges::find(list, value) != list.end();
}

bool supports_extension(const LeafNode& leaf, std::uint16_t type) {
  return extension_type::is_default(type) || lists(leaf.capabilities.extensions, type);
}

bool form_valid(const LeafNode& leaf, const Suite& suite) {
  return lists(leaf.capabilities.versions, protocol_version) && lists(leaf.capabilities.cipher_suites, suite.number) &&
         lists(leaf.capabilities.credentials, leaf.credential.type) && distinct(leaf.extensions) &&
         leaf.credential.identity.size() <= max_identity && encoded_size(leaf) <= max_leaf_size &&
         std::ranges::all_of(leaf.extensions, [&](const Extension& one) { return supports_extension(leaf, one.type); });
}

bool alive(const Lifetime& lifetime, std::uint64_t now) {
  return lifetime.not_before <= lifetime.not_after && lifetime.not_after - lifetime.not_before <= max_lifetime &&
         lifetime.not_before <= now + max_clock_skew && now <= lifetime.not_after;
}

}  // namespace

bool supports(const LeafNode& leaf, const std::vector<Extension>& group_extensions) {
  if (!std::ranges::all_of(group_extensions,
                           [&](const Extension& one) { return supports_extension(leaf, one.type); })) {
    return false;
  }
  const auto* required = find_extension(group_extensions, extension_type::required_capabilities);
  if (required == nullptr) return true;
  const auto needs = decode<RequiredCapabilities>(*required);
  if (!needs) return false;
  const auto& has = leaf.capabilities;
  return std::ranges::all_of(needs->extensions, [&](auto type) { return supports_extension(leaf, type); }) &&
         std::ranges::all_of(
             needs->proposals,
             [&](auto type) { return (type >= 1 && type <= last_default_proposal) || lists(has.proposals, type); }) &&
         std::ranges::all_of(needs->credentials, [&](auto type) { return lists(has.credentials, type); });
}

Result<void> check_leaf(const LeafRules& rules, const LeafNode& leaf, ByteView group_id, LeafIndex index) {
  if (!form_valid(leaf, *rules.suite)) return std::unexpected(Error::invalid_leaf);
  if (leaf.source == LeafNodeSource::key_package && rules.now && !alive(leaf.lifetime, *rules.now)) {
    return std::unexpected(Error::invalid_leaf);
  }
  if (!hpke::check_public_key(rules.suite->hpke.kem, leaf.encryption_key)) return std::unexpected(Error::invalid_leaf);
  if (!rules.credentials->accepts(leaf.credential, leaf.signature_key)) return std::unexpected(Error::credential);
  return verify_with_label(rules.suite->signature, leaf.signature_key, "LeafNodeTBS",
                           leaf_node_tbs(leaf, group_id, index), leaf.signature);
}

Result<void> check_leaves(const LeafRules& rules, const RatchetTree& tree, ByteView group_id,
                          const Executor* executor) {
  std::vector<Result<void>> results(tree.width());
  run_all(executor, tree.width(), [&](std::size_t i) {
    const LeafIndex index{static_cast<std::uint32_t>(i)};
    if (const auto* leaf = tree.leaf(index)) results[i] = check_leaf(rules, *leaf, group_id, index);
  });
  const auto bad = std::ranges::find_if(results, [](const auto& result) { return !result; });
  return bad == results.end() ? Result<void>{} : *bad;
}

Result<void> check_key_package(const LeafRules& rules, const KeyPackage& package) {
  const auto& leaf = package.leaf_node;
  if (package.version != protocol_version || package.cipher_suite != rules.suite->number ||
      leaf.source != LeafNodeSource::key_package || package.init_key == leaf.encryption_key ||
      !distinct(package.extensions) ||
      !std::ranges::all_of(package.extensions,
                           [&](const Extension& one) { return supports_extension(leaf, one.type); }) ||
      !hpke::check_public_key(rules.suite->hpke.kem, package.init_key)) {
    return std::unexpected(Error::invalid_leaf);
  }
  if (auto done = check_leaf(rules, leaf, {}, {}); !done) return done;
  return verify_with_label(rules.suite->signature, leaf.signature_key, "KeyPackageTBS", unsigned_part(package),
                           package.signature);
}

bool clients_distinct(const RatchetTree& tree, const CredentialPolicy& policy) {
  std::vector<Bytes> clients;
  for (std::uint32_t i = 0; i < tree.width(); ++i) {
    if (const auto* leaf = tree.leaf({i})) clients.push_back(policy.client_of(leaf->credential, leaf->signature_key));
  }
  std::ranges::sort(clients);
  return std::ranges::adjacent_find(clients) == clients.end();
}

Result<void> check_compatible(const RatchetTree& tree, const std::vector<Extension>& group_extensions) {
  std::set<std::uint16_t> in_use;
  for (std::uint32_t i = 0; i < tree.width(); ++i) {
    if (const auto* leaf = tree.leaf({i})) in_use.insert(leaf->credential.type);
  }
  for (std::uint32_t i = 0; i < tree.width(); ++i) {
    const auto* leaf = tree.leaf({i});
    if (leaf == nullptr) continue;
    if (!supports(*leaf, group_extensions) ||
        !std::ranges::all_of(in_use, [&](auto type) { return lists(leaf->capabilities.credentials, type); })) {
      return std::unexpected(Error::invalid_leaf);
    }
  }
  return {};
}

}  // namespace pqc::mls::inline public_part
