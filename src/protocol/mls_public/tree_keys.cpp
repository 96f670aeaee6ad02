// Searches among the keys of a ratchet tree. Each reads the fingerprints, and a key itself only where one is equal.
#include <algorithm>
#include <bitset>
#include <string_view>

#include "protocol/mls_public/tree.h"

namespace pqc::mls::inline public_part {
namespace {

// What is looked for: a small table says of most fingerprints at once that they are not among them.
template <class Needle>
class Needles {
 public:
  explicit Needles(std::vector<Needle> all) : all_(std::move(all)) {
    std::ranges::sort(all_, {}, &Needle::fingerprint);
    for (const auto& one : all_) table_.set(one.fingerprint % size);
  }

  [[nodiscard]] bool may_hold(std::uint32_t fingerprint) const { return table_[fingerprint % size]; }
  [[nodiscard]] auto equal_to(std::uint32_t fingerprint) const {
    return std::ranges::equal_range(all_, fingerprint, {}, &Needle::fingerprint);
  }

 private:
  static constexpr std::size_t size = 4'096;
  std::vector<Needle> all_;
  std::bitset<size> table_;
};

// So many keys are looked for one by one; so is the work bounded that equal fingerprints make.
constexpr std::size_t few = 64;

struct KeyNeedle {
  std::uint32_t fingerprint;
  ByteView key;
};
struct LeafNeedle {
  std::uint32_t fingerprint;
  LeafIndex leaf;
};

bool distinct(std::vector<std::string_view>& keys) {
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) == keys.end();
}

}  // namespace

// The last bytes of a key of any of our algorithms look random. Whoever makes keys that end alike gains a comparison.
RatchetTree::Fingerprint RatchetTree::fingerprint(ByteView key) {
  Fingerprint out = 0;
  for (const auto byte : key.last(std::min(key.size(), sizeof(Fingerprint)))) out = out << 8 | byte;
  return out == 0 ? 1 : out;
}

std::optional<LeafIndex> RatchetTree::find_signature_key(ByteView key) const {
  const auto wanted = fingerprint(key);
  for (std::uint32_t i = 0; i < width(); ++i) {
    if (signature_prints_[i] == wanted && equal(leaves_[i]->signature_key, key)) return LeafIndex{i};
  }
  return std::nullopt;
}

bool RatchetTree::holds_any(std::span<const ByteView> encryption_keys) const {
  std::vector<KeyNeedle> wanted;
  std::vector<std::string_view> texts;
  for (const auto key : encryption_keys) {
    wanted.push_back({fingerprint(key), key});
    texts.push_back(as_text(key));
  }
  if (!distinct(texts)) return true;
  const Needles needles(std::move(wanted));
  return encryption_prints_.any_of([&](std::size_t n, Fingerprint print) {
    const NodeIndex node{static_cast<std::uint32_t>(n)};
    return needles.may_hold(print) && !blank(node) &&
           std::ranges::any_of(needles.equal_to(print),
                               [&](const KeyNeedle& one) { return equal(one.key, encryption_key(node)); });
  });
}

bool RatchetTree::keys_unique(std::span<const LeafIndex> leaves) const {
  if (leaves.size() > few) return keys_distinct();
  std::vector<LeafNeedle> encryption, signature;
  for (const auto index : leaves) {
    encryption.push_back({encryption_prints_[node_of(index).value], index});
    signature.push_back({signature_prints_[index.value], index});
  }
  const Needles encryption_needles(std::move(encryption)), signature_needles(std::move(signature));
  const bool signs_twice = signature_prints_.any_of([&](std::size_t i, Fingerprint print) {
    const LeafIndex at{static_cast<std::uint32_t>(i)};
    return signature_needles.may_hold(print) && leaf(at) != nullptr &&
           std::ranges::any_of(signature_needles.equal_to(print), [&](const LeafNeedle& one) {
             return one.leaf != at && leaf(one.leaf)->signature_key == leaf(at)->signature_key;
           });
  });
  return !signs_twice && !encryption_prints_.any_of([&](std::size_t n, Fingerprint print) {
    const NodeIndex at{static_cast<std::uint32_t>(n)};
    return encryption_needles.may_hold(print) && !blank(at) &&
           std::ranges::any_of(encryption_needles.equal_to(print), [&](const LeafNeedle& one) {
             return node_of(one.leaf) != at && leaf(one.leaf)->encryption_key == encryption_key(at);
           });
  });
}

bool RatchetTree::leaf_keys_distinct() const {
  std::vector<std::string_view> encryption, signature;
  for (std::uint32_t i = 0; i < width(); ++i) {
    const auto* member = leaf({i});
    if (member == nullptr) continue;
    encryption.push_back(as_text(member->encryption_key));
    signature.push_back(as_text(member->signature_key));
  }
  return distinct(encryption) && distinct(signature);
}

bool RatchetTree::keys_distinct() const {
  std::vector<std::string_view> encryption;
  for (std::uint32_t n = 0; n < node_count(width()); ++n) {
    if (!blank({n})) encryption.push_back(as_text(encryption_key({n})));
  }
  return distinct(encryption) && leaf_keys_distinct();
}

}  // namespace pqc::mls::inline public_part
