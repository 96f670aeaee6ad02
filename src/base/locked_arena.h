// Memory for secrets: locked into RAM, left out of core dumps, wiped when it is given back.
//
// One arena a process, made at first use and at most `arena_limit` bytes large (unprivileged processes may lock only a
// few MiB). Where the system refuses to lock, the arena still serves and wipes, and locked() says so: `pqc-chat doctor`
// shows it. All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace pqc {

class LockedArena {
 public:
  static constexpr std::size_t arena_limit = std::size_t{2} << 20;

  static LockedArena& instance();

  // At least `size` bytes aligned for any object. When the arena is full the memory comes from the heap, not locked,
  // and is counted in overflowed(). Throws std::bad_alloc when there is none at all.
  [[nodiscard]] void* allocate(std::size_t size);
  // Wipes and gives back what allocate(size) returned.
  void deallocate(void* memory, std::size_t size) noexcept;

  [[nodiscard]] bool locked() const { return locked_; }
  [[nodiscard]] std::size_t in_use() const;
  [[nodiscard]] std::size_t overflowed() const;

  LockedArena(const LockedArena&) = delete;
  LockedArena& operator=(const LockedArena&) = delete;

 private:
  LockedArena();
  ~LockedArena() = default;

  struct State;
  State* state_;
  bool locked_ = false;
};

// A standard allocator over the arena.
template <class T>
struct LockedAllocator {
  using value_type = T;
  LockedAllocator() = default;
  template <class U>
  LockedAllocator(const LockedAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t n) {
    if (n > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_alloc();
    return static_cast<T*>(LockedArena::instance().allocate(n * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t n) noexcept { LockedArena::instance().deallocate(memory, n * sizeof(T)); }
  friend bool operator==(const LockedAllocator&, const LockedAllocator&) { return true; }
};

template <class T>
struct LockedDelete {
  void operator()(T* object) const noexcept {
    object->~T();
    LockedArena::instance().deallocate(object, sizeof(T));
  }
};

template <class T>
using LockedPtr = std::unique_ptr<T, LockedDelete<T>>;

// An object that lives in locked memory.
template <class T, class... Args>
[[nodiscard]] LockedPtr<T> make_locked(Args&&... args) {
  static_assert(alignof(T) <= alignof(std::max_align_t));
  void* memory = LockedArena::instance().allocate(sizeof(T));
  try {
    return LockedPtr<T>(new (memory) T(std::forward<Args>(args)...));
  } catch (...) {
    LockedArena::instance().deallocate(memory, sizeof(T));
    throw;
  }
}

// Forbids core dumps and attaching by other processes of the same user (prctl, RLIMIT_CORE). Programs that hold secrets
// call it first. Answers whether all of it was granted.
bool forbid_core_dumps();

}  // namespace pqc
