// Labels of the TURN service, all in one place (docs/spec/labels.md).
#pragma once

#include <string_view>

namespace pqc::server::turn::labels {

inline constexpr std::string_view pseudonym = "pqc-chat turn 1 pseudonym";

}  // namespace pqc::server::turn::labels
