#include "keys/vault/error.h"

namespace pqc::keys::vault {

std::string_view name_of(Error error) {
  switch (error) {
    case Error::missing:
      return "missing";
    case Error::exists:
      return "exists";
    case Error::damaged:
      return "damaged";
    case Error::too_new:
      return "too_new";
    case Error::wrong_secret:
      return "wrong_secret";
    case Error::wait:
      return "wait";
    case Error::no_such_way:
      return "no_such_way";
    case Error::last_way:
      return "last_way";
    case Error::bad_secret:
      return "bad_secret";
    case Error::limit:
      return "limit";
    case Error::no_permission:
      return "no_permission";
    case Error::busy:
      return "busy";
    case Error::disk_full:
      return "disk_full";
    case Error::io:
      return "io";
    case Error::backend:
      return "backend";
  }
  return "unknown";
}

}  // namespace pqc::keys::vault
