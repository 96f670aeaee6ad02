// One kind of secret is not another, though both have 32 bytes.
#include <utility>

#include "base/secret.h"

using RootKey = pqc::Secret<struct RootKeyTag, 32>;
using ChainKey = pqc::Secret<struct ChainKeyTag, 32>;

void advance(ChainKey key);

void use(RootKey root, ChainKey chain) {
#ifdef MISUSE
  advance(std::move(root));
#else
  static_cast<void>(root);
  advance(std::move(chain));
#endif
}
