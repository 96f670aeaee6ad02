// Every bound of the agent's protocol and life (docs/spec/agent.md §2, §3).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pqc::keys::agent_protocol {

inline constexpr std::uint32_t protocol_version = 1;

inline constexpr std::size_t max_request_size = std::size_t{256} << 10;
inline constexpr std::size_t max_reply_size = std::size_t{4} << 20;
inline constexpr std::size_t max_secret_size = 4096;

inline constexpr std::size_t max_connections = 32;
// A frame is whole this long after its first byte, and a reply is taken.
inline constexpr std::chrono::milliseconds frame_deadline = std::chrono::seconds(5);
// Without a request, and not unlocked, the agent ends.
inline constexpr std::chrono::milliseconds idle_lifetime = std::chrono::seconds(60);

// How often the agent looks whether its socket is still in the folder.
inline constexpr std::chrono::milliseconds look_interval = std::chrono::seconds(60);

// The client's: an unlock derives a key, a large batch makes 1,024 pairs.
inline constexpr std::chrono::milliseconds reply_deadline = std::chrono::seconds(30);
inline constexpr std::chrono::milliseconds start_deadline = std::chrono::seconds(10);

inline constexpr const char* socket_name = "agent.sock";

}  // namespace pqc::keys::agent_protocol
