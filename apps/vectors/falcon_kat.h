// Known-answer files of Falcon-1024 as submitted to NIST (round 3): "# Falcon-1024", then records of count, seed, msg,
// pk, sk and sm.
#pragma once

#include <string_view>

#include "report.h"

namespace pqc::vectors {

// Each record is reproduced, not only verified: with NIST's generator set to its seed, the key pair and then the signed
// message must come out byte for byte. False where the content is no such file; without Falcon in this build its
// records are not applicable.
bool run_falcon_kat(std::string_view content, FileReport& report);

}  // namespace pqc::vectors
