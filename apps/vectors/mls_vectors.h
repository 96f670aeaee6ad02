// Test vectors of the MLS working group (mlswg/mls-implementations), all kinds of them; a file is known by the fields
// of its cases.
#pragma once

#include <boost/json/value.hpp>

#include "report.h"

namespace pqc::vectors {

// False where the document is no such file.
bool run_mls(const boost::json::value& document, FileReport& report);

}  // namespace pqc::vectors
