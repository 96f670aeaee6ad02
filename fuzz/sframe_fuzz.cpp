// SFrame: a header has one encoding; no frame but our own opens.
#include <cstdlib>

#include "protocol/sframe/key_context.h"
#include "protocol/sframe/sframe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView frame(data, size);
  if (const auto header = sframe::decode_header(frame)) {
    if (!equal(sframe::encode_header(header->key_id, header->counter), frame.first(header->size))) std::abort();
  }
  for (int suite = 1; suite <= 8; ++suite) {
    const auto key = sframe::Key::derive(static_cast<sframe::Suite>(suite), sframe::KeyId{1}, Bytes(32, 1));
    const auto opened = key->open(frame, {});
    auto context = sframe::KeyContext::make(*key);
    const auto header = sframe::decode_header(frame);
    if (!context || !header) continue;
    Bytes out(size);
    if (context->open(*header, frame, {}, out).has_value() != opened.has_value()) std::abort();
  }
  return 0;
}
