// Bundles, initial parts and envelopes; the first byte says which. What is accepted is written again and must give the
// bytes that were read.
#include <cstdlib>

#include "protocol/pqxdh/envelope.h"
#include "protocol/pqxdh/pqxdh.h"
#include "protocol/pqxdh/prekeys.h"
#include "wire/reader.h"

namespace {

using namespace pqc;
using namespace pqc::pqxdh;

constexpr std::size_t max_manifest = 8192;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_bundle(ByteView input) {
  wire::Reader reader(input);
  const auto manifest = reader.opaque16(max_manifest);
  if (!manifest) return;
  const auto prekey = input.subspan(2 + manifest->size());
  const auto bundle = decode_bundle(*manifest, prekey);
  if (!bundle) return;
  const auto suite = bundle->manifest.suite;
  require(equal(encode_signed_manifest(bundle->manifest, bundle->signature), *manifest));
  require(equal(bundle->one_time ? encode_one_time(suite, *bundle->one_time, bundle->path)
                                 : encode_last_resort(suite, bundle->last_resort),
                prekey));
  if (bundle->one_time) (void)root_from_path(suite, *bundle->one_time, bundle->manifest.size, bundle->path);
}

void try_initial_part(ByteView input) {
  const auto part = InitialPart::decode(input);
  if (part) require(equal(part->encode(), input));
}

Bytes encode(const InitialEnvelope& e) {
  return encode_initial_envelope(e.initial_part, e.ratchet_message);
}
Bytes encode(const MessageEnvelope& e) {
  return encode_message_envelope(e.ratchet_message);
}
Bytes encode(const AcknowledgementEnvelope& e) {
  return encode_acknowledgement_envelope(e.tags);
}

void try_envelope(ByteView input) {
  const auto envelope = decode_envelope(input);
  if (envelope) require(equal(std::visit([](const auto& e) { return encode(e); }, *envelope), input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      try_bundle(input);
      break;
    case 1:
      try_initial_part(input);
      break;
    default:
      try_envelope(input);
  }
  return 0;
}
