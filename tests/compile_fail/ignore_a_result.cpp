// Whether a signature holds cannot be passed over.
#include "crypto/composite.h"

bool check(const pqc::crypto::CompositePublicKey& key, pqc::ByteView message, pqc::ByteView signature) {
#ifdef MISUSE
  key.verify("label", message, signature);
  return true;
#else
  return key.verify("label", message, signature).has_value();
#endif
}
