#include "base/locked_arena.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/secret.h"

namespace pqc {
namespace {

constexpr std::size_t granule = 32;

constexpr std::size_t rounded(std::size_t size) {
  return size == 0 ? granule : (size + granule - 1) / granule * granule;
}

}  // namespace

// First fit from the top over a map of free ranges, neighbours merged. What is taken is a range's end and comes back to
// it: of secrets that come and go the map hardly changes.
struct LockedArena::State {
  std::mutex mutex;
  std::uint8_t* begin = nullptr;
  std::size_t size = 0;
  std::map<std::size_t, std::size_t> free;  // offset → length
  std::size_t in_use = 0;
  std::size_t overflowed = 0;

  bool owns(const void* memory) const {
    const auto* p = static_cast<const std::uint8_t*>(memory);
    return begin != nullptr && p >= begin && p < begin + size;
  }
};

LockedArena& LockedArena::instance() {
  // Never destroyed: secrets of other static objects may be given back later than any order could promise.
  alignas(LockedArena) static std::byte storage[sizeof(LockedArena)];
  static auto* arena = new (storage) LockedArena();
  return *arena;
}

LockedArena::LockedArena() : state_(new State) {
  void* memory = mmap(nullptr, arena_limit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, arena_limit, MADV_DONTDUMP);
  madvise(memory, arena_limit, MADV_WIPEONFORK);
  // Locked as it is touched: an arena that is hardly used costs hardly any memory.
  locked_ = mlock2(memory, arena_limit, MLOCK_ONFAULT) == 0;
  state_->begin = static_cast<std::uint8_t*>(memory);
  state_->size = arena_limit;
  state_->free.emplace(0, arena_limit);
}

void* LockedArena::allocate(std::size_t size) {
  const auto need = rounded(size);
  const std::lock_guard lock(state_->mutex);
  for (auto it = state_->free.end(); it != state_->free.begin();) {
    auto& [offset, length] = *--it;
    if (length < need) continue;
    length -= need;
    auto* taken = state_->begin + offset + length;
    if (length == 0) state_->free.erase(it);
    state_->in_use += need;
    return taken;
  }
  void* memory = std::malloc(need);
  if (memory == nullptr) throw std::bad_alloc();
  state_->overflowed += need;
  return memory;
}

void LockedArena::deallocate(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return;
  const auto length = rounded(size);
  wipe({static_cast<std::uint8_t*>(memory), length});
  const std::lock_guard lock(state_->mutex);
  if (!state_->owns(memory)) {
    state_->overflowed -= length;
    std::free(memory);
    return;
  }
  state_->in_use -= length;
  auto offset = static_cast<std::size_t>(static_cast<std::uint8_t*>(memory) - state_->begin);
  auto whole = length;
  const auto next = state_->free.lower_bound(offset);
  const auto before = next == state_->free.begin() ? state_->free.end() : std::prev(next);
  if (next != state_->free.end() && next->first == offset + whole) {
    whole += next->second;
    state_->free.erase(next);
  }
  if (before != state_->free.end() && before->first + before->second == offset) {
    before->second += whole;
    return;
  }
  state_->free.emplace(offset, whole);
}

std::size_t LockedArena::in_use() const {
  const std::lock_guard lock(state_->mutex);
  return state_->in_use;
}

std::size_t LockedArena::overflowed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->overflowed;
}

bool forbid_core_dumps() {
  const rlimit none{0, 0};
  const bool no_core = setrlimit(RLIMIT_CORE, &none) == 0;
  const bool not_dumpable = prctl(PR_SET_DUMPABLE, 0) == 0;
  return no_core && not_dumpable;
}

}  // namespace pqc
