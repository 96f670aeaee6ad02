// For std::unique_ptr to what a library in C has made: the function that frees it, as part of the type.
#pragma once

namespace pqc {

template <auto Free>
struct FreeBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace pqc
