#include "protocol/mls_public/hashing.h"

#include <algorithm>

namespace pqc::mls::inline public_part {
namespace {

crypto::Hash& context_of_this_thread(crypto::HashAlg alg) {
  thread_local std::array contexts{crypto::Hash(crypto::HashAlg::sha256), crypto::Hash(crypto::HashAlg::sha384),
                                   crypto::Hash(crypto::HashAlg::sha512)};
  return contexts[static_cast<std::size_t>(alg)];
}

}  // namespace

HashSink::HashSink(crypto::HashAlg alg) : alg_(alg), hash_(&context_of_this_thread(alg)) {}

HashSink::~HashSink() {
  if (!finished_) hash_->reset();
}

void HashSink::flush() {
  hash_->update(ByteView(gathered_).first(gathered_size_));
  gathered_size_ = 0;
}

void HashSink::bytes(ByteView data) {
  if (data.size() > room - gathered_size_) flush();
  if (data.size() > room) {
    hash_->update(data);
    return;
  }
  std::ranges::copy(data, gathered_.begin() + static_cast<std::ptrdiff_t>(gathered_size_));
  gathered_size_ += data.size();
}

Digest HashSink::finish() {
  flush();
  finished_ = true;
  Digest out;
  out.size = static_cast<std::uint8_t>(crypto::hash_size(alg_));
  // SHA-2 fails only where the library has none; such a digest matches nothing.
  if (!hash_->finish(ByteSpan(out.bytes).first(out.size))) out.size = 0;
  return out;
}

}  // namespace pqc::mls::inline public_part
