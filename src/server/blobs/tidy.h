// At a start: makes database and folder say the same. A crash leaves files that no row names, and a restored backup
// rows without their files.
#pragma once

#include "server/blobs/blob_folder.h"
#include "server/storage/store.h"

namespace pqc::server::blobs {

// Before anything else uses the two. Removes files without a row and rows without a file.
[[nodiscard]] storage::Result<void> tidy(storage::Store& store, BlobFolder& folder);

}  // namespace pqc::server::blobs
