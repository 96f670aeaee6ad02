// MLS: a stored state is refused, or comes back as the same bytes and can be used.
#include <cstdlib>

#include "protocol/mls/group.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView input(data, size);
  const auto group = mls::Group::parse(input);
  if (!group) return 0;
  const auto again = mls::Group::parse(group->encode().view());
  if (!again || !equal(again->encode().view(), group->encode().view())) std::abort();
  std::ignore = group->export_secret("label", {}, 32);
  return 0;
}
