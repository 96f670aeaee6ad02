// The agent's system-call filter (docs/spec/agent.md §7): an allow-list in plain BPF (Documentation/userspace-api/
// seccomp_filter.rst), everything else EPERM.
//
// What is allowed is what the agent does once it runs: read and write its connections and its folder's files, memory
// that is not executable, clocks, randomness, its end. No sockets, programs, processes, tracing, mounts, namespaces,
// control of devices.
#pragma once

namespace pqc::keys::agent {

// For the calling thread and all that it would start; cannot be undone. Needs no_new_privs. False when the kernel
// refuses, or this machine's architecture has no list here.
[[nodiscard]] bool install_seccomp_filter();

}  // namespace pqc::keys::agent
