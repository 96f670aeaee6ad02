// A small picture of a picture: a PNG or JPEG file in, a JPEG of at most limits::preview_bytes out
// (docs/spec/attachments.md §7). Deterministic, without input or output; any thread. What it decodes comes from
// anywhere: it belongs into a process that is confined (confinement.h) and can do nothing else.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace pqc::preview {

// Nothing for what is no such file, is damaged, or is beyond the limits.
[[nodiscard]] std::optional<Bytes> make_preview(ByteView file);

}  // namespace pqc::preview
