// Storage errors as reasons to end a program.
#pragma once

#include "server/data_folder.h"
#include "server/storage/store.h"

namespace pqc::server {

StartFailure store_failure(storage::StoreError error, const std::string& file);

}  // namespace pqc::server
