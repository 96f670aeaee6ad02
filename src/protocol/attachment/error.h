// What can go wrong with an attachment.
#pragma once

#include <cstdint>
#include <expected>

namespace pqc::attachment {

enum class Error : std::uint8_t {
  refused,     // damaged, or not the chunk that comes next, or not the file that was announced
  limit,       // larger than an attachment may be
  bad_length,  // the caller's bytes are not as many as the layout says
  bad_state,   // finished already, not finished yet, or a place that the file does not have
  backend,     // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

}  // namespace pqc::attachment
