// Searches among the keys of a ratchet tree. Each reads the fingerprints, and a key itself only where one is equal.
#include <algorithm>
#include <array>
#include <ranges>
#include <string_view>

#include "protocol/mls_public/tree.h"

namespace pqc::mls::inline public_part {
namespace {

// What is looked for: a small table says of most runs of fingerprints at once that none of them is.
template <class Needle>
class Needles {
 public:
  explicit Needles(std::vector<Needle> all) : all_(std::move(all)) {
    std::ranges::sort(all_, {}, &Needle::fingerprint);
    for (const auto& one : all_) table_[one.fingerprint % size] = 1;
  }

  // Whether test(index, needle) holds for an element and a needle with its fingerprint.
  [[nodiscard]] bool match(const SharedVector<std::uint32_t>& prints, const auto& test) const {
    return prints.any_run([&](std::size_t start, std::span<const std::uint32_t> run) {
      unsigned hits = 0;
      for (const auto print : run) hits |= table_[print % size];
      return hits != 0 && match_in(start, run, test);
    });
  }

 private:
  static constexpr std::size_t size = 16'384;

  bool match_in(std::size_t start, std::span<const std::uint32_t> run, const auto& test) const {
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (table_[run[i] % size] == 0) continue;
      const auto equal_ones = std::ranges::equal_range(all_, run[i], {}, &Needle::fingerprint);
      if (std::ranges::any_of(equal_ones, [&](const Needle& one) { return test(start + i, one); })) return true;
    }
    return false;
  }

  std::vector<Needle> all_;
  std::array<std::uint8_t, size> table_{};
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

// Whether no key stands twice: sorted by fingerprint, and by keys only where those are equal.
bool distinct_by(const SharedVector<std::uint32_t>& prints, const auto& key_at) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> all;
  for (std::uint32_t i = 0; i < prints.size(); ++i) {
    if (prints[i] != 0) all.emplace_back(prints[i], i);
  }
  std::ranges::sort(all);
  const auto same_print = [](const auto& one, const auto& other) { return one.first == other.first; };
  return std::ranges::all_of(all | std::views::chunk_by(same_print), [&](auto alike) {
    std::vector<std::string_view> keys;
    if (alike.size() > 1) {
      for (const auto& [print, index] : alike) keys.push_back(key_at(index));
    }
    return distinct(keys);
  });
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
  return Needles(std::move(wanted)).match(encryption_prints_, [&](std::size_t n, const KeyNeedle& one) {
    const NodeIndex node{static_cast<std::uint32_t>(n)};
    return !blank(node) && equal(one.key, encryption_key(node));
  });
}

bool RatchetTree::keys_unique(std::span<const LeafIndex> leaves) const {
  if (leaves.size() > few) return keys_distinct();
  std::vector<LeafNeedle> encryption, signature;
  for (const auto index : leaves) {
    encryption.push_back({encryption_prints_[node_of(index).value], index});
    signature.push_back({signature_prints_[index.value], index});
  }
  const bool signs_twice =
      Needles(std::move(signature)).match(signature_prints_, [&](std::size_t i, const LeafNeedle& one) {
        const LeafIndex at{static_cast<std::uint32_t>(i)};
        return one.leaf != at && leaf(at) != nullptr && leaf(one.leaf)->signature_key == leaf(at)->signature_key;
      });
  const auto encrypts_twice = [&] {
    return Needles(std::move(encryption)).match(encryption_prints_, [&](std::size_t n, const LeafNeedle& one) {
      const NodeIndex at{static_cast<std::uint32_t>(n)};
      return node_of(one.leaf) != at && !blank(at) && leaf(one.leaf)->encryption_key == encryption_key(at);
    });
  };
  return !signs_twice && !encrypts_twice();
}

bool RatchetTree::keys_distinct() const {
  return distinct_by(encryption_prints_, [&](std::uint32_t n) { return as_text(encryption_key({n})); }) &&
         distinct_by(signature_prints_, [&](std::uint32_t i) { return as_text(leaf({i})->signature_key); });
}

}  // namespace pqc::mls::inline public_part
