// Test vectors of HPKE: the JSON of draft-ietf-hpke-pq, the text form of RFC 9180's in OpenSSL's tree, and X-Wing's
// JSON. Not applicable: the KDFs TurboSHAKE and the KEMs that join ML-KEM with NIST curves.
#pragma once

#include <string_view>

#include <boost/json/value.hpp>

#include "report.h"

namespace pqc::vectors {

// False where the content is no such file.
bool run_hpke_json(const boost::json::value& document, FileReport& report);
bool run_x_wing_json(const boost::json::value& document, FileReport& report);
bool run_hpke_text(std::string_view content, FileReport& report);

}  // namespace pqc::vectors
