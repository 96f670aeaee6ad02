// Bytes and rules of account records (docs/spec/identity.md §6), without signatures checked. For this folder.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "identity/account_record.h"
#include "identity/error.h"

namespace pqc::identity {

struct ParsedRecord {
  AccountRecord record;
  ByteView content;  // views into the parsed bytes
  std::vector<ByteView> signatures;
};

[[nodiscard]] Result<ParsedRecord> parse_signed(ByteView signed_record);

// The rules that hold before any signature is checked.
[[nodiscard]] Result<void> check_rules(const AccountRecord& record);

}  // namespace pqc::identity
