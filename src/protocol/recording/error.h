// What can go wrong with a recording.
#pragma once

#include <cstdint>
#include <expected>

namespace pqc::recording {

enum class Error : std::uint8_t {
  not_a_recording,
  too_new,    // of a later version
  refused,    // not the chunk that comes next in this file, or not under this key
  malformed,  // an entry that breaks a rule
  bad_state,  // after the last chunk, or more than a chunk takes
  backend,    // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

}  // namespace pqc::recording
