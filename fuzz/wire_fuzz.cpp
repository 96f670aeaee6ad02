// The reader and the padding. The input's first bytes choose which reads follow; what is read is written again and must
// give the bytes that were read, since a structure has one encoding.
#include <algorithm>
#include <cstdlib>

#include "wire/padding.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace {

using pqc::Bytes;
using pqc::ByteView;
using pqc::wire::Reader;
using pqc::wire::Writer;

constexpr std::size_t max_opaque = 4096;

// One read, and the same value written; false when the reader refuses.
bool copy_one(std::uint8_t choice, Reader& reader, Writer& writer) {
  const auto written = [](auto result, auto write) {
    if (result) write(*result);
    return result.has_value();
  };
  switch (choice % 11) {
    case 0:
      return written(reader.u8(), [&](auto value) { writer.u8(value); });
    case 1:
      return written(reader.u16(), [&](auto value) { writer.u16(value); });
    case 2:
      return written(reader.u24(), [&](auto value) { writer.u24(value); });
    case 3:
      return written(reader.u32(), [&](auto value) { writer.u32(value); });
    case 4:
      return written(reader.u64(), [&](auto value) { writer.u64(value); });
    case 5:
      return written(reader.varint(), [&](auto value) { writer.varint(value); });
    case 6:
      return written(reader.opaque8(max_opaque), [&](auto value) { writer.opaque8(value); });
    case 7:
      return written(reader.opaque16(max_opaque), [&](auto value) { writer.opaque16(value); });
    case 8:
      return written(reader.opaque24(max_opaque), [&](auto value) { writer.opaque24(value); });
    case 9:
      return written(reader.opaque32(max_opaque), [&](auto value) { writer.opaque32(value); });
    default:
      return written(reader.opaque_varint(max_opaque), [&](auto value) { writer.opaque_varint(value); });
  }
}

void check_reader(ByteView script, ByteView input) {
  Reader reader(input);
  Bytes copy;
  Writer writer(copy);
  for (const std::uint8_t choice : script) {
    const std::size_t before = reader.remaining();
    if (!copy_one(choice, reader, writer)) {
      if (reader.remaining() != before) std::abort();
      break;
    }
  }
  if (!writer.finish()) std::abort();
  if (!pqc::equal(copy, input.first(input.size() - reader.remaining()))) std::abort();
}

void check_padding(ByteView input) {
  Bytes padded;
  pqc::wire::pad(input, padded);
  const auto plain = pqc::wire::unpad(padded);
  if (!plain || !pqc::equal(*plain, input) || padded.size() != pqc::wire::padded_size(input.size())) std::abort();
  if (const auto other = pqc::wire::unpad(input)) {
    Bytes again;
    pqc::wire::pad(*other, again);
    if (!pqc::equal(again, input)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const std::size_t script = std::min<std::size_t>(size, 8);
  check_reader(input.first(script), input.subspan(script));
  check_padding(input);
  return 0;
}
