#include "protocol/pqxdh/error.h"

namespace pqc::pqxdh {

std::string_view name_of(Error error) {
  switch (error) {
    case Error::malformed:
      return "malformed";
    case Error::limit:
      return "limit";
    case Error::unsupported:
      return "unsupported";
    case Error::mismatch:
      return "mismatch";
    case Error::bad_signature:
      return "bad_signature";
    case Error::not_yet_valid:
      return "not_yet_valid";
    case Error::expired:
      return "expired";
    case Error::refused:
      return "refused";
    case Error::backend:
      return "backend";
  }
  return "unknown";
}

}  // namespace pqc::pqxdh
