// Test vectors of SFrame (RFC 9605, appendix C).
#pragma once

#include <boost/json/value.hpp>

#include "report.h"

namespace pqc::vectors {

// False where the document is no such file.
bool run_sframe(const boost::json::value& document, FileReport& report);

}  // namespace pqc::vectors
