// libssl's own share of a connection: a process that does nothing but accept TLS connections under the server's policy
// and keep them, its memory measured as the server's is.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace pqc::bench {

// Bytes of resident memory for each of `connections` idle TLS connections, their buffers released. Blocks; forks, so it
// is called before any thread is there.
std::expected<double, std::string> bare_tls_bytes_per_connection(std::size_t connections);

}  // namespace pqc::bench
