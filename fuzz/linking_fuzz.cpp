// Linking a device: codes, invitations and keys come back as they were read, and no invitation but a host's opens.
#include <cstdlib>

#include "crypto/random.h"
#include "protocol/linking/guest.h"
#include "protocol/linking/host.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView input(data, size);
  static crypto::SeededRng rng(1);
  static const auto offer = linking::Offer::make(rng).value();
  if (const auto code = linking::parse_code(as_text(input))) {
    const auto again = linking::parse_code(linking::to_text(*code));
    if (!again || !again->secret.equals(code->secret) || again->fingerprint != code->fingerprint) std::abort();
  }
  if (const auto invitation = linking::decode_invitation(input))
    if (linking::encode(*invitation) != to_bytes(input)) std::abort();
  if (const auto keys = linking::decode_keys(input))
    if (linking::encode(*keys) != to_bytes(input)) std::abort();
  if (offer.open_invitation(input)) std::abort();
  return 0;
}
