// What a process gives up before it decodes what comes from anywhere: memory and time beyond limits.h, core dumps, new
// privileges, and every system call but those for reading and writing what is open, for memory and for its end.
#pragma once

namespace pqc::preview {

// For the whole process, for good; single-threaded. False where the system refuses any of it: then nothing is decoded.
// Descriptors above 2 are closed.
[[nodiscard]] bool confine();

}  // namespace pqc::preview
