// Test vectors of Project Wycheproof: JSON with groups of tests, each with a `type` that says what the tests are.
//
// A test is run through our crypto layer, the way the product uses it; what the product has no use for is not
// applicable and counted so: AES-192, nonces of other than 12 bytes that the file calls valid, ML-DSA contexts and
// external mu, hash functions we do not have. "acceptable" has one meaning for each kind of test, said where it is
// checked (wycheproof_checks.cpp).
#pragma once

#include <boost/json/value.hpp>

#include "report.h"

namespace pqc::vectors {

// False where the document is no such file, or none of its groups is of a type that we know.
bool run_wycheproof(const boost::json::value& document, FileReport& report);

}  // namespace pqc::vectors
