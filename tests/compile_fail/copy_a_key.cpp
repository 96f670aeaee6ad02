// Private keys move, they are not copied.
#include <utility>

#include "crypto/dh.h"

using pqc::crypto::DhPrivateKey;

DhPrivateKey keep(DhPrivateKey& key) {
#ifdef MISUSE
  return key;
#else
  return std::move(key);
#endif
}
