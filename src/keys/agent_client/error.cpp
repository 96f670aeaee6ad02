#include "keys/agent_client/error.h"

namespace pqc::keys::agent_client {

std::string_view name_of(Error error) {
  switch (error) {
    case Error::unavailable:
      return "unavailable";
    case Error::lost:
      return "lost";
    case Error::busy:
      return "busy";
    case Error::version:
      return "version";
    case Error::refused:
      return "refused";
    case Error::locked:
      return "locked";
    case Error::unlocked:
      return "unlocked";
    case Error::absent:
      return "absent";
    case Error::exists:
      return "exists";
    case Error::wrong_secret:
      return "wrong_secret";
    case Error::wait:
      return "wait";
    case Error::no_such_way:
      return "no_such_way";
    case Error::last_way:
      return "last_way";
    case Error::damaged:
      return "damaged";
    case Error::too_new:
      return "too_new";
    case Error::storage:
      return "storage";
    case Error::disk_full:
      return "disk_full";
    case Error::no_permission:
      return "no_permission";
    case Error::limit:
      return "limit";
    case Error::internal:
      return "internal";
    case Error::keys:
      return "keys";
  }
  return "unknown";
}

keys::Error to_keys_error(const Failure& failure) {
  switch (failure.error) {
    case Error::keys:
      return failure.keys.value_or(keys::Error::backend);
    case Error::locked:
    case Error::absent:
      return keys::Error::locked;
    case Error::limit:
      return keys::Error::limit;
    case Error::unavailable:
    case Error::lost:
    case Error::busy:
    case Error::storage:
    case Error::disk_full:
    case Error::no_permission:
      return keys::Error::unavailable;
    default:
      return keys::Error::backend;
  }
}

}  // namespace pqc::keys::agent_client
