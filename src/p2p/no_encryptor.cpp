// none: no encryption and no authentication at all (docs/spec/p2p.md §8). For looking at what is on the wire.
#include "p2p/registry.h"

namespace pqc::p2p {
namespace {

using client::Result;

class NoEncryptor final : public Encryptor {
 public:
  void describe(Hello&) const override {}
  Result<Step> begin(const Hellos& hellos) override {
    peer_.name = hellos.theirs.name;
    return Step{.frames = {}, .done = true};
  }
  Result<Step> handshake(ByteView) override { return refused("a handshake message where there is no handshake"); }
  [[nodiscard]] const Peer& peer() const override { return peer_; }
  Result<Bytes> seal(ByteView content) override { return to_bytes(content); }
  Result<ByteView> open(ByteView sealed) override { return sealed; }

 private:
  Peer peer_;
};

Result<EncryptorFactory> prepare(const Party&) {
  return [] { return std::make_unique<NoEncryptor>(); };
}

constexpr EncryptionKind kind{.name = "none",
                              .label = "none, NOT ENCRYPTED, not quantum-safe",
                              .code = 3,
                              .quantum_safe = false,
                              .consent = "--i-know-this-is-not-encrypted",
                              .prepare = prepare};

}  // namespace

const EncryptionKind& no_encryption() {
  return kind;
}

}  // namespace pqc::p2p
