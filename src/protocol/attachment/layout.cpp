#include "protocol/attachment/layout.h"

#include <algorithm>

#include "protocol/attachment/limits.h"
#include "wire/padding.h"

namespace pqc::attachment {
namespace {

// How many of the first `size` bytes lie in chunk `index`.
std::size_t part(std::uint64_t size, std::uint32_t index) {
  const auto start = std::uint64_t{index} * chunk_size;
  return start >= size ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(size - start, chunk_size));
}

}  // namespace

Layout::Layout(std::uint64_t file_size, std::uint64_t padded_size)
    : file_size_(file_size),
      padded_size_(padded_size),
      chunks_(static_cast<std::uint32_t>((padded_size + chunk_size - 1) / chunk_size)) {}

Result<Layout> Layout::of(std::uint64_t file_size) {
  if (file_size > max_file_size) return std::unexpected(Error::limit);
  return Layout(file_size, wire::padded_size(file_size));
}

std::uint64_t Layout::sealed_size() const {
  return padded_size_ + std::uint64_t{chunks_} * chunk_overhead;
}

std::size_t Layout::content_size(std::uint32_t index) const {
  return part(file_size_, index);
}

std::size_t Layout::plaintext_size(std::uint32_t index) const {
  return part(padded_size_, index);
}

std::size_t Layout::sealed_size(std::uint32_t index) const {
  return plaintext_size(index) + chunk_overhead;
}

}  // namespace pqc::attachment
