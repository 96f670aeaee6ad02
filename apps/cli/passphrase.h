// Where the profile's passphrase comes from: --passphrase-file, $PQC_CHAT_PASSPHRASE, or a question at the terminal.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "client/error.h"

namespace pqc::cli {

// Nothing when there is no source (no terminal either). A file ends at its first line break.
client::Result<std::optional<SecretBytes>> find_passphrase(const std::string& file, const char* question,
                                                           const char* variable = "PQC_CHAT_PASSPHRASE");

// A passphrase that is to be set: from the file, the environment variable, or asked for twice at the terminal. Errors:
// wrong_key where there is none, or the two differ.
client::Result<SecretBytes> find_new_passphrase(const std::string& file, const char* variable,
                                                const char* question = "New passphrase of the profile: ");

}  // namespace pqc::cli
