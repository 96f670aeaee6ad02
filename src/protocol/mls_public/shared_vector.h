// A vector whose copies share their elements until one of them changes. A copy costs one pointer for each 64 elements,
// a change of a shared element a copy of the 64 around it; so a step from one epoch to the next costs what changes, not
// what there is.
//
// Copies may live in different threads; one object serves one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pqc::mls::inline public_part {

template <class T>
class SharedVector {
 public:
  static constexpr std::size_t chunk_size = 64;

  SharedVector() = default;
  explicit SharedVector(std::size_t size) { resize(size); }

  [[nodiscard]] std::size_t size() const { return size_; }
  const T& operator[](std::size_t index) const { return chunks_[index / chunk_size].get().items[index % chunk_size]; }
  // The element for writing, shared with no copy.
  T& change(std::size_t index) { return chunks_[index / chunk_size].own().items[index % chunk_size]; }

  // What comes in is T{}.
  void resize(std::size_t size) {
    for (auto i = size; i < size_ && i % chunk_size != 0; ++i) change(i) = T{};
    chunks_.resize((size + chunk_size - 1) / chunk_size);
    size_ = size;
  }

 private:
  struct Chunk {
    std::array<T, chunk_size> items{};
    mutable std::atomic<std::uint32_t> holders{1};
    Chunk() = default;
    Chunk(const Chunk& other) : items(other.items) {}
    Chunk& operator=(const Chunk&) = delete;
    ~Chunk() = default;
  };

  // std::shared_ptr cannot tell whether it is the only one in an order with what other threads did before.
  class Handle {
   public:
    Handle() : chunk_(new Chunk) {}
    Handle(const Handle& other) : chunk_(other.chunk_) { chunk_->holders.fetch_add(1, std::memory_order_relaxed); }
    Handle(Handle&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
    Handle& operator=(Handle other) noexcept {
      std::swap(chunk_, other.chunk_);
      return *this;
    }
    ~Handle() {
      if (chunk_ != nullptr && chunk_->holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete chunk_;
    }
    [[nodiscard]] const Chunk& get() const { return *chunk_; }
    [[nodiscard]] Chunk& own() {
      if (chunk_->holders.load(std::memory_order_acquire) != 1) *this = Handle(new Chunk(*chunk_));
      return *chunk_;
    }

   private:
    explicit Handle(Chunk* chunk) : chunk_(chunk) {}
    Chunk* chunk_;
  };

  std::vector<Handle> chunks_;
  std::size_t size_ = 0;
};

}  // namespace pqc::mls::inline public_part
