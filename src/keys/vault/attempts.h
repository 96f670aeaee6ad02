// The growing delay after wrong passphrases, kept on disk (docs/spec/vault.md §7). One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "keys/vault/folder.h"

namespace pqc::keys::vault {

// How long the next try waits after this many failures in a row.
[[nodiscard]] std::chrono::milliseconds delay_after(std::uint32_t failures);

class Attempts {
 public:
  // Both outlive the object.
  Attempts(const KeyFolder& folder, const Clock& clock) : folder_(folder), clock_(clock) {}

  [[nodiscard]] std::uint32_t failures() const;
  // Zero: a passphrase may be tried now.
  [[nodiscard]] std::chrono::milliseconds time_left() const;

  // Before a try: counts it as failed, on disk. Error::wait when it is too early.
  [[nodiscard]] Result<void> begin() const;
  // After a success.
  [[nodiscard]] Result<void> succeeded() const;

 private:
  struct Record {
    std::uint32_t failures = 0;
    UnixMillis not_before;
  };
  [[nodiscard]] Record load() const;

  const KeyFolder& folder_;
  const Clock& clock_;
};

}  // namespace pqc::keys::vault
