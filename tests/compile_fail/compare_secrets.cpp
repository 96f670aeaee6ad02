// Secrets are compared in constant time, by name, and not with ==.
#include "base/secret.h"

using Key = pqc::Secret<struct KeyTag, 32>;

bool same(const Key& a, const Key& b) {
#ifdef MISUSE
  return a == b;
#else
  return a.equals(b);
#endif
}
