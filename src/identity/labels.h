// Every label under which identity structures are signed or hashed (docs/spec/identity.md §5). One use a label.
#pragma once

#include <string_view>

namespace pqc::identity::labels {

inline constexpr std::string_view account_record = "account record 1";
inline constexpr std::string_view registration = "registration 1";
inline constexpr std::string_view login = "login 1";
// Signed by a device over the manifest of docs/spec/pqxdh.md §4; named here because servers check it too.
inline constexpr std::string_view prekey_batch = "prekey batch 1";

inline constexpr std::string_view safety_number = "pqc-chat safety number 1";

}  // namespace pqc::identity::labels
