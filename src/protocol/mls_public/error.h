// What can go wrong in MLS. A peer learns of any of these only that it was refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace pqc::mls::inline public_part {

enum class Error : std::uint8_t {
  malformed,         // not an encoding of the structure that was expected
  limit,             // beyond a limit of limits.h
  unknown_suite,     // no cipher suite of ours
  wrong_group,       // a message of another group
  wrong_epoch,       // a message of another epoch
  refused,           // a signature, MAC, tag or hash does not hold
  invalid_tree,      // a ratchet tree or path breaks a rule of RFC 9420 §7
  invalid_leaf,      // a leaf node or key package breaks a rule of RFC 9420 §7.3 or §10.1
  invalid_list,      // a list of proposals breaks a rule of RFC 9420 §12.2
  unknown_proposal,  // a commit names a proposal that never came
  unknown_psk,       // a pre-shared key that we do not have
  not_for_us,        // a welcome without our key package
  replayed,          // the key of this message was used, or is too old
  removed,           // we are no longer a member, or the group was reinitialised
  credential,        // the application does not accept a credential
  not_allowed,       // a cipher suite or external commit that the application does not want
  own_message,       // a message that we sent ourselves
  bad_state,         // the bytes are not an encoded state of this version
  backend,           // the crypto library failed
};

template <class T>
using Result = std::expected<T, Error>;

// For our own log.
constexpr std::string_view to_string(Error error) {
  switch (error) {
    case Error::malformed:
      return "malformed";
    case Error::limit:
      return "beyond a limit";
    case Error::unknown_suite:
      return "unknown cipher suite";
    case Error::wrong_group:
      return "another group";
    case Error::wrong_epoch:
      return "another epoch";
    case Error::refused:
      return "refused";
    case Error::invalid_tree:
      return "invalid ratchet tree";
    case Error::invalid_leaf:
      return "invalid leaf node";
    case Error::invalid_list:
      return "invalid list of proposals";
    case Error::unknown_proposal:
      return "unknown proposal";
    case Error::unknown_psk:
      return "unknown pre-shared key";
    case Error::not_for_us:
      return "a welcome for others";
    case Error::replayed:
      return "message key used or gone";
    case Error::removed:
      return "no longer a member";
    case Error::credential:
      return "credential not accepted";
    case Error::not_allowed:
      return "not wanted here";
    case Error::own_message:
      return "our own message";
    case Error::bad_state:
      return "not a group state";
    case Error::backend:
      return "crypto backend failed";
  }
  return "unknown";
}

}  // namespace pqc::mls::inline public_part
