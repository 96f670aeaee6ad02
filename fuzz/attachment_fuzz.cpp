// Attachments: no chunk but our own opens, whatever size and place are claimed, and a refusal changes nothing.
#include <cstdlib>

#include "protocol/attachment/opener.h"
#include "wire/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  wire::Reader reader{ByteView(data, size)};
  const auto file_size = reader.u64();
  const auto next = reader.u32();
  if (!file_size || !next) return 0;
  const attachment::FileSecret secret;
  auto opener = attachment::Opener::resume(secret, *file_size, {.next = *next, .chain = {}});
  if (!opener) return 0;
  const auto before = opener->progress();
  auto chunk = to_bytes(reader.rest(size).value_or(ByteView()));
  if (opener->open_next(chunk) || opener->progress() != before) std::abort();
  if (opener->done()) return 0;
  chunk.resize(opener->layout().sealed_size(*next));
  if (opener->open_next(chunk) || opener->progress() != before) std::abort();
  return 0;
}
