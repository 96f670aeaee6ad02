// One check a kind of MLS test vector. Each answers whether the case is applicable and throws Mismatch where it fails.
#pragma once

#include <boost/json/object.hpp>

#include "fields.h"
#include "protocol/mls_public/suite.h"

namespace pqc::vectors {

using MlsCheck = bool (*)(const boost::json::object&);

// The suite of a case; null where it is not ours.
const mls::Suite* suite_of(const boost::json::object& from);

// Private keys of the vectors. Some leave out the first zeros of scalars of P-521.
Bytes signature_private_field(const mls::Suite& suite, const boost::json::object& from, std::string_view name);
Bytes kem_private_field(const mls::Suite& suite, const boost::json::object& from, std::string_view name);

// mls_basic_checks.cpp
bool check_tree_math(const boost::json::object& from);
bool check_vector_header(const boost::json::object& from);
bool check_crypto_basics(const boost::json::object& from);
bool check_secret_tree(const boost::json::object& from);
bool check_key_schedule(const boost::json::object& from);
bool check_psk_secret(const boost::json::object& from);

// mls_message_checks.cpp
bool check_message_protection(const boost::json::object& from);
bool check_transcript_hashes(const boost::json::object& from);
bool check_messages(const boost::json::object& from);
bool check_welcome(const boost::json::object& from);

// mls_tree_checks.cpp
bool check_tree_operations(const boost::json::object& from);
bool check_tree_validation(const boost::json::object& from);
bool check_tree_kem(const boost::json::object& from);

// mls_passive_checks.cpp
bool check_passive_client(const boost::json::object& from);

}  // namespace pqc::vectors
