// How far a file was sealed or opened: all that is needed to go on after a crash, beside secret and size.
#pragma once

#include <cstdint>

#include "base/secret.h"
#include "crypto/hash.h"

namespace pqc::attachment {

// 32 random bytes, made for one file and used for no other; sent inside the message.
struct FileSecretTag;
using FileSecret = Secret<FileSecretTag, 32>;

// The hash over all sealed chunks so far (docs/spec/attachments.md §4); after the last it stands for the whole file.
using Chain = crypto::Sha256Digest;

struct Progress {
  std::uint32_t next = 0;  // the chunk that comes next
  Chain chain{};

  friend bool operator==(const Progress&, const Progress&) = default;
};

}  // namespace pqc::attachment
