// Neither secrets nor bytes are values of a log line.
#include "base/log.h"
#include "base/secret.h"

void note(const pqc::SecretBytes& key) {
#ifdef MISUSE
  pqc::log(pqc::LogLevel::info, "key", {{"value", key.view()}});
#else
  pqc::log(pqc::LogLevel::info, "key", {{"size", key.size()}});
#endif
}
