// Counts what the C++ code of a program takes from the heap; what C libraries take with malloc is not counted. It
// defines the program's operator new: in one file of a program. One thread.
#pragma once

#include <cstdlib>
#include <new>

namespace pqc::test_support {

inline std::size_t allocations = 0;

}  // namespace pqc::test_support

// Not inlined: the compiler would warn of malloc and delete, or of new and free, in one place.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++pqc::test_support::allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++pqc::test_support::allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
