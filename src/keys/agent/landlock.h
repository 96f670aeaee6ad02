// Landlock (Documentation/userspace-api/landlock.rst), where the kernel has it: the process keeps to one folder.
#pragma once

#include <string>

namespace pqc::keys::agent {

// From now on the process reads, writes, makes, renames and removes plain files below `folder` only, makes nothing else
// there, runs nothing, and (from ABI 4 on) neither binds nor connects TCP. Cannot be undone; needs no_new_privs.
// Answers the kernel's ABI version; 0 where it has no Landlock or refused.
[[nodiscard]] int restrict_to_folder(const std::string& folder);

}  // namespace pqc::keys::agent
