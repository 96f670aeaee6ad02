// Padding of plaintext in steps, so that a ciphertext's length says little about its content (DESIGN §6).
//
// The form is ISO/IEC 7816-4: one byte 0x80, then zeros up to the step. Steps: multiples of 64 bytes up to 512, above
// that an eighth of the next lower power of two. Padding is removed only after the ciphertext was authenticated.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "wire/error.h"

namespace pqc::wire {

// The length of a padded plaintext of `size` bytes: at least size + 1, never less for a longer one.
std::size_t padded_size(std::size_t size);

// Appends plaintext and padding to `out`.
void pad(ByteView plaintext, Bytes& out);
// Pads in place: the plaintext is the first `size` bytes of `buffer`, whose length is padded_size(size).
Result<void> pad_in_place(ByteSpan buffer, std::size_t size);
// Where the mark stands: the plaintext's size. padded.size() where there is none. Takes the same time and looks at the
// same places whatever the bytes are, so that removing the padding does not tell what it hides.
[[nodiscard]] std::size_t find_mark(ByteView padded);
// The plaintext inside a padded one. Error::malformed without the mark, or when the length is not that of a step.
Result<ByteView> unpad(ByteView padded);

}  // namespace pqc::wire
