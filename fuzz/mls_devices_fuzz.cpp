// MLS: a credential that names a device parses, and is made of its parts again as the same bytes, or is refused.
#include <cstdlib>

#include "protocol/mls_devices/device_credential.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const mls::Credential credential{mls::credential_type::basic, {data, data + size}, {}};
  const auto parsed = mls_devices::parse_credential(credential);
  if (!parsed) return 0;
  const identity::DeviceIdentity device{parsed->device, parsed->record_version, parsed->suite, {}, {}};
  const auto again = mls_devices::make_credential(
      device, {}, [&](std::string_view, ByteView) -> identity::Result<Bytes> { return parsed->signature; });
  if (!again || *again != credential) std::abort();
  return 0;
}
