// The time that a session's owner gives it. Never set back.
#pragma once

#include <chrono>

namespace pqc::media {

using Time = std::chrono::steady_clock::time_point;

}  // namespace pqc::media
