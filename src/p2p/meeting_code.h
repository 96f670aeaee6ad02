// What two people share to meet at a server (docs/spec/rendezvous.md §2): 80 random bits, which only a program makes,
// and a sum that finds what was misread or made up. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/secret.h"

namespace pqc::p2p {

using MeetingCode = Secret<struct MeetingCodeTag, 10>;

[[nodiscard]] MeetingCode make_meeting_code(Rng& rng);
// 20 letters and digits in groups of four.
[[nodiscard]] std::string to_text(const MeetingCode& code);
// In either case; dashes and white space do not matter. Nothing for any other text.
[[nodiscard]] std::optional<MeetingCode> parse_meeting_code(std::string_view text);

}  // namespace pqc::p2p
