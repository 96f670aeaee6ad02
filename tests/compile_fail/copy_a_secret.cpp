// A copy of a secret has to be asked for by name.
#include "base/secret.h"

using Key = pqc::Secret<struct KeyTag, 32>;

Key duplicate(const Key& key) {
#ifdef MISUSE
  return key;
#else
  return key.clone();
#endif
}
