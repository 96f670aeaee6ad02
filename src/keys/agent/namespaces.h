// Namespaces of the agent's own (namespaces(7)): users, network, mounts, with the key folder as root.
//
// Each answers whether it was granted; some systems permit none of them. One thread, before any other starts.
#pragma once

#include <string>

namespace pqc::keys::agent {

// A user namespace in which only our own uid and gid exist. /proc is still needed here. Not for the user as whom the
// kernel shows everybody who is not mapped ("nobody"): a peer's uid would tell nothing there.
[[nodiscard]] bool enter_user_namespace();
// An empty network.
[[nodiscard]] bool enter_network_namespace();
// Mounts of our own, whose root becomes `folder`: nosuid, nodev, noexec. Descriptors of folders that were open before
// still lead out: whoever calls closes them. The working folder is then the root.
[[nodiscard]] bool make_root(const std::string& folder);
// Gives up every capability, in every set.
[[nodiscard]] bool drop_capabilities();

}  // namespace pqc::keys::agent
