// The time that a session's owner gives it. Never set back, but that a datagram may have come before the last time that
// was given.
#pragma once

#include <chrono>

namespace pqc::media {

using Time = std::chrono::steady_clock::time_point;

}  // namespace pqc::media
