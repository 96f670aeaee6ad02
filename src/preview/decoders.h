// The formats: each decoder answers nothing for what it does not take, whatever that is. For preview.cpp; any thread.
#pragma once

#include <optional>

#include "preview/picture.h"

namespace pqc::preview {

[[nodiscard]] bool is_png(ByteView file);
[[nodiscard]] bool is_jpeg(ByteView file);

// Over white where it is transparent.
[[nodiscard]] std::optional<Picture> decode_png(ByteView file);
// At a fraction of its size already, where that leaves enough for a preview.
[[nodiscard]] std::optional<Picture> decode_jpeg(ByteView file);

// At most `most` bytes, at the best of some qualities that allows; without a word on where it comes from.
[[nodiscard]] std::optional<Bytes> encode_jpeg(const Picture& picture, std::size_t most);

}  // namespace pqc::preview
