// Any bytes as an encoded session: refused, or a state that encodes to the same bytes and can be used without harm.
#include <cstdint>
#include <cstdlib>

#include "crypto/random.h"
#include "protocol/ratchet/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView input(data, size);
  auto session = ratchet::Session::parse(input);
  if (!session) return 0;
  if (!equal(session->encode().view(), input)) std::abort();

  Bytes out(size);
  (void)session->decrypt(input, {}, out);
  if (!equal(session->encode().view(), input)) std::abort();  // nobody made this message

  crypto::SeededRng rng(1);
  Bytes message(session->ciphertext_size(1));
  const std::uint8_t text = 0;
  const bool sent = session->encrypt({&text, 1}, {}, {}, rng, message).has_value();
  const auto after = session->encode();
  if (!sent && !equal(after.view(), input)) std::abort();
  if (!ratchet::Session::parse(after.view())) std::abort();
  return 0;
}
