// The TLS policy (DESIGN §7, docs/spec/relay.md §2): TLS 1.3 only, hybrid post-quantum groups, AES-256-GCM or
// ChaCha20-Poly1305. A context is made once and shared by all connections of a thread.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/certificate.h"
#include "net/fingerprint.h"

namespace pqc::net {

// Programs that open sockets call it once: a peer that went away must be an error, not a signal.
void ignore_broken_pipes();

class TlsServerContext {
 public:
  // One certificate of each kind at most. Session tickets are stateless, sealed by a key that only this process has.
  static std::expected<TlsServerContext, std::string> make(const std::vector<Certificate>& certificates,
                                                           bool allow_classical);
  // Makes a new ticket key; tickets of the one before are no longer taken and lead to a full handshake.
  [[nodiscard]] std::expected<void, std::string> rotate_ticket_key();

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit TlsServerContext(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

class TlsClientContext {
 public:
  // Offers ML-DSA signatures only, so only our servers' first certificate can answer.
  static std::expected<TlsClientContext, std::string> make(bool allow_classical);
  // For relays that others run (docs/spec/p2p.md §14): a key that an authority of this system vouches for under the
  // server's name, or the one that a connection pins. TLS 1.3 and hybrid groups first; but also classical groups, and
  // TLS 1.2 with ephemeral keys and AEAD, which is all that many of them speak.
  static std::expected<TlsClientContext, std::string> make_for_relays();

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }

 private:
  explicit TlsClientContext(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace pqc::net
