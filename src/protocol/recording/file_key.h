// The header of a recording, and the key that belongs to it (docs/spec/recording.md §1, §2). Pure; any thread.
#pragma once

#include <array>
#include <cstdint>

#include "base/rng.h"
#include "base/secret.h"
#include "protocol/recording/error.h"
#include "protocol/recording/limits.h"

namespace pqc::recording {

// Of a profile.
struct RecordingSecretTag;
using RecordingSecret = Secret<RecordingSecretTag, 32>;
// Of one file.
struct FileKeyTag;
using FileKey = Secret<FileKeyTag, 32>;

using Header = std::array<std::uint8_t, header_size>;

// Of a new file.
[[nodiscard]] Header make_header(Rng& rng);
// Errors: not_a_recording, too_new.
[[nodiscard]] Result<Header> parse_header(ByteView start);

[[nodiscard]] Result<FileKey> derive_key(const RecordingSecret& secret, const Header& header);

}  // namespace pqc::recording
