// A vector whose copies share their elements until one of them changes: three levels of nodes, of which a change copies
// the few above its element. A copy costs one pointer for each 16 chunks of elements; so a step from one epoch to the
// next costs what changes, not what there is. Chunks of what is counted itself had better be small: a change copies
// one, and looks at the counter of each element in it, wherever that lies.
//
// Copies may live in different threads; one object serves one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace pqc::mls::inline public_part {

template <class T, std::size_t chunk_size = 64>
class SharedVector {
 public:
  SharedVector() = default;
  explicit SharedVector(std::size_t size) { resize(size); }

  [[nodiscard]] std::size_t size() const { return size_; }
  const T& operator[](std::size_t index) const {
    return blocks_[index / block_size].items()[index / chunk_size % fan_out].items()[index % chunk_size];
  }
  // The element for writing, shared with no copy.
  T& change(std::size_t index) { return own_chunk(index / chunk_size).own()[index % chunk_size]; }

  // Whether test(index of the first, elements) holds for some run of elements, as they lie in memory.
  bool any_run(const auto& test) const {
    for (std::size_t start = 0; start < size_; start += chunk_size) {
      const auto& items = blocks_[start / block_size].items()[start / chunk_size % fan_out].items();
      if (test(start, std::span(items).first(std::min(chunk_size, size_ - start)))) return true;
    }
    return false;
  }

  // What comes in is T{}.
  void resize(std::size_t size) {
    for (auto i = size; i < size_ && i % chunk_size != 0; ++i) change(i) = T{};
    const auto before = chunks_for(size_), after = chunks_for(size);
    for (auto i = after; i < before && i % fan_out != 0; ++i) own_chunk(i) = {};
    blocks_.resize((after + fan_out - 1) / fan_out);
    for (auto i = before; i < after; ++i) own_chunk(i).own();
    size_ = size;
  }

 private:
  static constexpr std::size_t fan_out = 16;
  static constexpr std::size_t block_size = chunk_size * fan_out;

  // A counted pointer to an array, or null. std::shared_ptr cannot tell whether it is the only one in an order with
  // what other threads did before.
  template <class Item, std::size_t N>
  class Handle {
   public:
    Handle() = default;
    Handle(const Handle& other) : node_(other.node_) {
      if (node_ != nullptr) node_->holders.fetch_add(1, std::memory_order_relaxed);
    }
    Handle(Handle&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Handle& operator=(Handle other) noexcept {
      std::swap(node_, other.node_);
      return *this;
    }
    ~Handle() {
      if (node_ != nullptr && node_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete node_;
    }

    [[nodiscard]] const std::array<Item, N>& items() const { return node_->items; }
    // The items for writing: new ones where there were none, a copy where others hold them too.
    std::array<Item, N>& own() {
      if (node_ == nullptr) {
        node_ = new Node;
      } else if (node_->holders.load(std::memory_order_acquire) != 1) {
        *this = Handle(new Node(node_->items));
      }
      return node_->items;
    }

   private:
    struct Node {
      Node() = default;
      explicit Node(const std::array<Item, N>& from) : items(from) {}
      std::array<Item, N> items{};
      std::atomic<std::uint32_t> holders{1};
    };
    explicit Handle(Node* node) : node_(node) {}
    Node* node_ = nullptr;
  };
  using Chunk = Handle<T, chunk_size>;
  using Block = Handle<Chunk, fan_out>;

  static std::size_t chunks_for(std::size_t size) { return (size + chunk_size - 1) / chunk_size; }
  Chunk& own_chunk(std::size_t index) { return blocks_[index / fan_out].own()[index % fan_out]; }

  std::vector<Block> blocks_;
  std::size_t size_ = 0;
};

}  // namespace pqc::mls::inline public_part
