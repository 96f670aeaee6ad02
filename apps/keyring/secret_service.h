// The session's secret service (freedesktop.org "Secret Service API"), through libsecret: one secret a profile, in the
// default collection, found by the attribute `profile` of the schema org.pqc_chat.KeyVault (docs/spec/vault.md §10).
//
// A call may wait for the user, whom the service asks to unlock the keyring. GLib stays behind this header. One thread.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/secret.h"
#include "exit.h"

namespace pqc::keyring {

struct Failure {
  Exit exit{};
  std::string message;
};
template <class T>
using Result = std::expected<T, Failure>;

class SecretService {
 public:
  // Errors: no_service.
  [[nodiscard]] static Result<SecretService> connect();
  ~SecretService();
  SecretService(SecretService&&) noexcept;
  SecretService(const SecretService&) = delete;
  SecretService& operator=(const SecretService&) = delete;

  // In place of an earlier secret of the profile, and read back. Errors: refused.
  [[nodiscard]] Result<void> store(const std::string& profile, const SecretBytes& secret);
  // Errors: not_found, refused.
  [[nodiscard]] Result<SecretBytes> lookup(const std::string& profile);
  // Errors: not_found, refused.
  [[nodiscard]] Result<void> clear(const std::string& profile);

 private:
  struct Impl;
  explicit SecretService(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pqc::keyring
