// How a file of a given size is cut into chunks (docs/spec/attachments.md §2).
//
// The file is padded with zeros to a step (wire/padding.h), then cut; every chunk but the last is full, and there is
// always at least one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/attachment/error.h"

namespace pqc::attachment {

class Layout {
 public:
  // Error::limit above max_file_size.
  static Result<Layout> of(std::uint64_t file_size);

  [[nodiscard]] std::uint64_t file_size() const { return file_size_; }
  [[nodiscard]] std::uint32_t chunks() const { return chunks_; }
  // All sealed chunks together.
  [[nodiscard]] std::uint64_t sealed_size() const;

  // Of chunk `index`, which is below chunks(): the bytes of the file in it, these with padding, and its sealed form.
  [[nodiscard]] std::size_t content_size(std::uint32_t index) const;
  [[nodiscard]] std::size_t plaintext_size(std::uint32_t index) const;
  [[nodiscard]] std::size_t sealed_size(std::uint32_t index) const;

 private:
  Layout(std::uint64_t file_size, std::uint64_t padded_size);

  std::uint64_t file_size_;
  std::uint64_t padded_size_;
  std::uint32_t chunks_;
};

}  // namespace pqc::attachment
