#include "keys/error.h"

namespace pqc::keys {

std::string_view name_of(Error error) {
  switch (error) {
    case Error::no_identity:
      return "no_identity";
    case Error::has_identity:
      return "has_identity";
    case Error::unsupported:
      return "unsupported";
    case Error::mismatch:
      return "mismatch";
    case Error::invalid:
      return "invalid";
    case Error::limit:
      return "limit";
    case Error::unknown_prekey:
      return "unknown_prekey";
    case Error::replayed:
      return "replayed";
    case Error::refused:
      return "refused";
    case Error::damaged_state:
      return "damaged_state";
    case Error::backend:
      return "backend";
    case Error::locked:
      return "locked";
    case Error::unavailable:
      return "unavailable";
  }
  return "unknown";
}

}  // namespace pqc::keys
