// A profile while `register` and `link` make it: where no server lets the account or the device in, what they made on
// disk goes again, and the key agent that they started ends. What was there before stays.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "client/profile.h"

namespace pqc::client {

class NewProfile {
 public:
  NewProfile(ProfilePaths paths, const std::string& agent_program)
      : paths_(std::move(paths)), agent_(paths_.agent(agent_program)) {}
  // Unless it is kept. Whoever has the profile open has closed it by then.
  ~NewProfile();
  NewProfile(const NewProfile&) = delete;
  NewProfile& operator=(const NewProfile&) = delete;

  // Makes the folder where it is missing, and takes the lock. Errors: busy, and those of the file system, after which
  // the folders go again.
  Status begin();
  void keep() { kept_ = true; }
  // After begin().
  [[nodiscard]] const ProfileLock& lock() const { return *lock_; }

 private:
  void erase();

  const ProfilePaths paths_;
  const keys::agent_client::Location agent_;
  std::optional<ProfileLock> lock_;
  std::vector<std::filesystem::path> folders_;  // that were missing, the deepest first
  bool had_lock_ = false;
  bool had_profile_ = false;  // or a part of one
  bool kept_ = false;
};

}  // namespace pqc::client
