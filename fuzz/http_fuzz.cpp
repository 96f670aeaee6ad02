// Request heads from anybody, and the answer to an upgrade from a server.
#include <cstdlib>

#include "net/fingerprint.h"
#include "net/http.h"
#include "net/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pqc;
  const ByteView bytes(data, size);
  const auto request = net::parse_request(bytes);
  if (request && *request && ((*request)->head_size > size || (*request)->head_size > net::max_http_head)) std::abort();
  if (request && *request && (*request)->body_size > net::max_http_body) std::abort();
  const auto answer = net::check_upgrade_answer(bytes, "dGhlIHNhbXBsZSBub25jZQ==");
  if (answer && *answer && **answer > size) std::abort();
  const auto fingerprint = net::parse_fingerprint(as_text(bytes));
  if (fingerprint && net::parse_fingerprint(net::to_text(*fingerprint)) != fingerprint) std::abort();
  return 0;
}
