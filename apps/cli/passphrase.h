// Where the profile's passphrase comes from: --passphrase-file, $PQC_CHAT_PASSPHRASE, or a question at the terminal.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "client/error.h"

namespace pqc::cli {

// Nothing when there is no source (no terminal either). A file ends at its first line break; one that is named and
// cannot be read is an error: missing, no_permission (also when others may read it), damaged (too long).
client::Result<std::optional<SecretBytes>> find_passphrase(const std::string& file, const char* question,
                                                           const char* variable = "PQC_CHAT_PASSPHRASE");

// A passphrase that is to be set, which `what` names: from the file, the environment variable, or asked for twice at
// the terminal. Errors: usage where there is none, wrong_key where the two differ.
client::Result<SecretBytes> find_new_passphrase(const std::string& file, const char* variable,
                                                const char* what = "new passphrase of the profile");

// That `what`, such as "new passphrase of the profile", came from nowhere, and where it could come from.
client::Error no_passphrase(const char* what, const char* variable);

}  // namespace pqc::cli
