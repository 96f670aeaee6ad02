// libjpeg-turbo through TurboJPEG, which keeps libjpeg's jumps to itself.
#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include <turbojpeg.h>

#include "preview/decoders.h"
#include "preview/limits.h"

namespace pqc::preview {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, Destroy>;

// A picture of many scans takes the time of each: TurboJPEG stops after 500 of them.
constexpr int decode_flags = TJFLAG_FASTDCT | TJFLAG_LIMITSCANS;

// The smallest that is not below a preview's size.
tjscalingfactor scale_for(int longer) {
  tjscalingfactor best{1, 1};
  int count = 0;
  const auto* factors = tjGetScalingFactors(&count);
  if (factors == nullptr) return best;
  for (const auto& factor : std::span(factors, static_cast<std::size_t>(count))) {
    const bool enough = TJSCALED(longer, factor) >= static_cast<int>(limits::preview_side);
    if (enough && factor.num * best.denom < best.num * factor.denom) best = factor;
  }
  return best;
}

}  // namespace

bool is_jpeg(ByteView file) {
  return file.size() > 3 && file[0] == 0xFF && file[1] == 0xD8 && file[2] == 0xFF;
}

std::optional<Picture> decode_jpeg(ByteView file) {
  const Handle handle(tjInitDecompress());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  if (!handle ||
      tjDecompressHeader3(handle.get(), file.data(), file.size(), &width, &height, &subsampling, &colours) != 0)
    return std::nullopt;
  if (width <= 0 || height <= 0 ||
      !within_limits(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height)))
    return std::nullopt;
  const auto scale = scale_for(std::max(width, height));
  width = TJSCALED(width, scale);
  height = TJSCALED(height, scale);
  Picture out{.width = static_cast<std::uint32_t>(width), .height = static_cast<std::uint32_t>(height), .pixels = {}};
  out.pixels.resize(std::size_t{3} * out.width * out.height);
  const int done = tjDecompress2(handle.get(), file.data(), file.size(), out.pixels.data(), width, 0, height, TJPF_RGB,
                                 decode_flags);
  // A warning is a picture that is damaged somewhere: what there is of it is shown.
  if (done != 0 && tjGetErrorCode(handle.get()) != TJERR_WARNING) return std::nullopt;
  return out;
}

std::optional<Bytes> encode_jpeg(const Picture& picture, std::size_t most) {
  const Handle handle(tjInitCompress());
  if (!handle) return std::nullopt;
  const auto width = static_cast<int>(picture.width);
  const auto height = static_cast<int>(picture.height);
  Bytes out(tjBufSize(width, height, TJSAMP_420));
  for (const int quality : {75, 55, 35, 15}) {
    auto* data = out.data();
    unsigned long size = out.size();
    if (tjCompress2(handle.get(), picture.pixels.data(), width, 0, height, TJPF_RGB, &data, &size, TJSAMP_420, quality,
                    TJFLAG_NOREALLOC) != 0)
      return std::nullopt;
    if (size > most) continue;
    out.resize(size);
    return out;
  }
  return std::nullopt;
}

}  // namespace pqc::preview
