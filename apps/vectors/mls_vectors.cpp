#include "mls_vectors.h"

#include <array>

#include "cases.h"
#include "mls_checks.h"

namespace pqc::vectors {
namespace {

struct Kind {
  std::string_view field;  // that only this kind has
  std::string_view format;
  MlsCheck check;
};

constexpr std::array<Kind, 14> kinds{{
    {"n_leaves", "MLS tree math", check_tree_math},
    {"vlbytes_header", "MLS deserialization", check_vector_header},
    {"ref_hash", "MLS crypto basics", check_crypto_basics},
    {"sender_data", "MLS secret tree", check_secret_tree},
    {"initial_init_secret", "MLS key schedule", check_key_schedule},
    {"psks", "MLS PSK secret", check_psk_secret},
    {"proposal_priv", "MLS message protection", check_message_protection},
    {"authenticated_content", "MLS transcript hashes", check_transcript_hashes},
    {"mls_welcome", "MLS messages", check_messages},
    {"signer_pub", "MLS welcome", check_welcome},
    {"tree_before", "MLS tree operations", check_tree_operations},
    {"resolutions", "MLS tree validation", check_tree_validation},
    {"update_paths", "MLS TreeKEM", check_tree_kem},
    {"initial_epoch_authenticator", "MLS passive client", check_passive_client},
}};

}  // namespace

const mls::Suite* suite_of(const boost::json::object& from) {
  return mls::find_suite(static_cast<std::uint16_t>(number_field(from, "cipher_suite")));
}

Bytes kem_private_field(const mls::Suite& suite, const boost::json::object& from, std::string_view name) {
  auto bytes = hex_field(from, name);
  const auto size = hpke::parameters(suite.hpke.kem).private_key;
  if (bytes.size() < size) bytes.insert(bytes.begin(), size - bytes.size(), 0);
  return bytes;
}

// The suites with ECDSA have one curve for signatures and key agreement.
Bytes signature_private_field(const mls::Suite& suite, const boost::json::object& from, std::string_view name) {
  const bool ecdsa =
      suite.signature >= mls::SignatureScheme::ecdsa_p256 && suite.signature <= mls::SignatureScheme::ecdsa_p521;
  return ecdsa ? kem_private_field(suite, from, name) : hex_field(from, name);
}

bool run_mls(const boost::json::value& document, FileReport& report) {
  if (!document.is_array() || document.get_array().empty() || !document.get_array().front().is_object()) return false;
  const auto& first = document.get_array().front().get_object();
  for (const auto& kind : kinds) {
    if (!first.contains(kind.field)) continue;
    report.format = kind.format;
    run_cases(document.get_array(), "case", report, kind.check);
    return true;
  }
  return false;
}

}  // namespace pqc::vectors
