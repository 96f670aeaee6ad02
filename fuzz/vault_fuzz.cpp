// The vault file and its content (docs/spec/vault.md §3, §5): what is accepted is written again and gives the same
// bytes.
#include <cstdlib>

#include "keys/vault/content.h"
#include "keys/vault/format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView input(data, size);
  if (const auto file = keys::vault::parse_file(input)) {
    auto again = keys::vault::encode_head(file->header);
    if (!equal(again, file->head)) std::abort();
    append(again, file->sealed);
    if (!equal(again, input)) std::abort();
  }
  if (const auto content = keys::vault::decode_content(input)) {
    const auto again = keys::vault::encode_content(*content);
    if (!again || !equal(again->view(), input)) std::abort();
  }
  return 0;
}
