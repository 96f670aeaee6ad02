// Recordings: no chunk but our own opens, and what stands in one is read within its bounds.
#include <cstdlib>

#include "protocol/recording/entries.h"
#include "protocol/recording/opener.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView input(data, size);
  (void)recording::parse_header(input);
  auto opener = recording::Opener::start(recording::FileKey());
  if (!opener || opener->open_next(input) || opener->opened() != 0) std::abort();
  recording::EntryReader entries;
  std::size_t bytes = 0;
  (void)entries.read(input, [&](const recording::Entry& entry) {
    if (const auto* frame = std::get_if<recording::Frame>(&entry)) bytes += frame->payload.size();
  });
  if (bytes > size) std::abort();
  return 0;
}
