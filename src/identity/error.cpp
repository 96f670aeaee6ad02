#include "identity/error.h"

namespace pqc::identity {

std::string_view name_of(Error error) {
  switch (error) {
    case Error::malformed:
      return "malformed";
    case Error::invalid:
      return "invalid";
    case Error::limit:
      return "limit";
    case Error::bad_signature:
      return "bad_signature";
    case Error::not_yet_valid:
      return "not_yet_valid";
    case Error::expired:
      return "expired";
    case Error::unsupported:
      return "unsupported";
    case Error::other_account:
      return "other_account";
    case Error::unknown_device:
      return "unknown_device";
    case Error::revoked_device:
      return "revoked_device";
    case Error::identity_changed:
      return "identity_changed";
    case Error::rolled_back:
      return "rolled_back";
    case Error::forked:
      return "forked";
    case Error::device_altered:
      return "device_altered";
    case Error::backend:
      return "backend";
  }
  return "unknown";
}

}  // namespace pqc::identity
