// What GLib and libnice make, with its owner. For the files here that speak to libnice; no header that others include
// has GLib in it.
#pragma once

#include <memory>

#include <gio/gio.h>
#include <nice/agent.h>

#include "base/free_by.h"

namespace pqc::net::ice {

// The only one of the only stream.
inline constexpr guint component = 1;

using ContextPtr = std::unique_ptr<GMainContext, FreeBy<g_main_context_unref>>;
using LoopPtr = std::unique_ptr<GMainLoop, FreeBy<g_main_loop_unref>>;
using SourcePtr = std::unique_ptr<GSource, FreeBy<g_source_unref>>;
using SocketPtr = std::unique_ptr<GSocket, FreeBy<g_object_unref>>;
using SocketAddressPtr = std::unique_ptr<GSocketAddress, FreeBy<g_object_unref>>;
using SocketsPtr = std::unique_ptr<GPtrArray, FreeBy<g_ptr_array_unref>>;
using NiceAgentPtr = std::unique_ptr<NiceAgent, FreeBy<g_object_unref>>;
using NiceCandidatePtr = std::unique_ptr<NiceCandidate, FreeBy<nice_candidate_free>>;

}  // namespace pqc::net::ice
