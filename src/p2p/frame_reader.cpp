#include "p2p/frame_reader.h"

#include <utility>

#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

constexpr std::size_t length_size = 4;

}  // namespace

void FrameReader::append(ByteView data) {
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(std::exchange(at_, 0)));
  pqc::append(in_, data);
}

std::optional<ByteView> FrameReader::next() {
  const auto rest = ByteView(in_).subspan(at_);
  if (broken_ || rest.size() < length_size) return std::nullopt;
  const std::size_t size = *wire::Reader(rest).u32();
  broken_ = size == 0 || size > longest_;
  if (broken_ || rest.size() - length_size < size) return std::nullopt;
  at_ += length_size + size;
  return rest.subspan(length_size, size);
}

void append_frame(Bytes& out, ByteView frame) {
  wire::Writer(out).u32(static_cast<std::uint32_t>(frame.size())).bytes(frame);
}

}  // namespace pqc::p2p
