// The exit codes of our programs (docs/exit-codes.md): stable, so that scripts can depend on them. A number is never
// given a second meaning; new ones are added at the end of their group.
#pragma once

namespace pqc {

enum class ExitCode : int {
  ok = 0,
  unexpected = 1,  // a fault of ours, or of a library
  usage = 2,       // arguments or configuration

  // The way to the server.
  unreachable = 10,
  wrong_server = 11,   // its key is not the pinned one
  login_refused = 12,  // the server does not accept this device
  protocol_mismatch = 13,
  timed_out = 14,  // the server or the peer did not answer in the time given
  queued = 15,     // the message is kept and will be sent by a later command
  clock_off = 16,
  invalid_invite = 17,  // missing, unknown, expired or used
  quota = 18,           // a limit of the server: try later

  // People and accounts.
  unknown_peer = 20,
  name_taken = 21,
  not_registered = 22,
  already_registered = 23,
  identity_changed = 24,  // the contact's keys are not the ones that were pinned
  level_refused = 25,     // no suite that both sides and the policy allow
  invalid_name = 26,
  not_delivered = 27,  // accepted by the server, not acknowledged by the peer in the time given
  refused = 28,        // a signature or a message did not verify

  blocked = 29,  // by the user of this profile

  // What was to be sent.
  text_not_utf8 = 30,
  text_empty = 31,
  text_too_long = 32,
  unknown_message = 33,  // no message here has this id
  not_yours = 34,        // only its author can do this to a message
  file_gone = 35,        // the server does not have the file, or not any more
  file_too_large = 36,
  file_changed = 37,  // while it was sent

  // Files on this machine: the client's profile, the server's data folder.
  damaged = 40,
  too_old = 41,  // written by a version that this one no longer reads
  too_new = 42,  // written by a newer version
  no_permission = 43,
  busy = 44,       // another process holds it and does not answer
  wrong_key = 45,  // passphrase or key file
  disk_full = 46,
  missing = 47,   // a file or folder that has to be there is not
  locked = 48,    // the profile's keys: a passphrase is needed
  too_soon = 49,  // after too many wrong passphrases

  // The server's own.
  address_in_use = 50,

  // How a call ended, for who made or answered it (docs/spec/calls.md §4), and what there is no call for.
  call_busy = 60,         // they are in another call
  call_declined = 61,     // they, or this account on another device, did not want it
  call_unreachable = 62,  // none of their devices rang
  call_unanswered = 63,   // it rang, and nobody answered
  call_elsewhere = 64,    // it was answered on another device of this account
  call_broken = 65,       // no sound came through, or it broke off
  call_cancelled = 66,    // who called hung up before an answer
  no_call = 67,           // to answer, decline, mute or end
  in_call = 68,           // this profile has a call already

  interrupted = 130,  // SIGINT, as shells report it
};

constexpr int number(ExitCode code) {
  return static_cast<int>(code);
}

}  // namespace pqc
