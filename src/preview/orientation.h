// How the camera was held: the one thing that is read of a picture's description (Exif 2.3). Pure; any thread.
#pragma once

#include "base/bytes.h"

namespace pqc::preview {

// 1 to 8; 1 where the file says nothing, or anything that cannot be.
[[nodiscard]] unsigned orientation_of(ByteView jpeg);

}  // namespace pqc::preview
