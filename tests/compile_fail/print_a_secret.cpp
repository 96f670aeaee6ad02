// A secret has no way onto a stream.
#include <iostream>

#include "base/secret.h"

void print(const pqc::Secret<struct KeyTag, 32>& key) {
#ifdef MISUSE
  std::cout << key;
#else
  std::cout << key.size;
#endif
}
