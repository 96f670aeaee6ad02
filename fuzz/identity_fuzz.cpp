// Account records and account names. What is accepted is written again and must give the bytes that were read.
#include <cstdlib>

#include "identity/account_record.h"
#include "identity/record_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView input(data, size);
  if (const auto name = identity::AccountName::parse(as_text(input)); name && name->text() != as_text(input))
    std::abort();
  const auto parsed = identity::parse_signed(input);
  if (!parsed) return 0;
  std::vector<Bytes> signatures;
  for (const auto signature : parsed->signatures) signatures.push_back(to_bytes(signature));
  const auto again = identity::encode_signed(parsed->record, signatures);
  if (!again || !equal(*again, input)) std::abort();
  return 0;
}
