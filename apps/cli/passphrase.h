// Where the profile's passphrase comes from: --passphrase-file, $PQC_CHAT_PASSPHRASE, or a question at the terminal.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "client/error.h"

namespace pqc::cli {

// Nothing when there is no source (no terminal either). A file ends at its first line break.
client::Result<std::optional<SecretBytes>> find_passphrase(const std::string& file, const char* question);

}  // namespace pqc::cli
