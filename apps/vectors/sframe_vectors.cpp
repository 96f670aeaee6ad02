#include "sframe_vectors.h"

#include "cases.h"
#include "protocol/sframe/sframe.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;

bool check_header(const json::object& from) {
  const auto key_id = static_cast<sframe::KeyId>(number_field(from, "kid"));
  const auto counter = static_cast<sframe::Counter>(number_field(from, "ctr"));
  const auto encoded = hex_field(from, "encoded");
  expect(sframe::encode_header(key_id, counter) == encoded, "another encoding");
  const auto header = sframe::decode_header(encoded);
  expect(header && header->key_id == key_id && header->counter == counter && header->size == encoded.size(),
         "decodes to another header");
  return true;
}

bool check_cipher(const json::object& from) {
  const auto suite = static_cast<sframe::Suite>(number_field(from, "cipher_suite"));
  const auto key = hex_field(from, "key"), nonce = hex_field(from, "nonce"), aad = hex_field(from, "aad");
  const auto plaintext = hex_field(from, "pt"), ciphertext = hex_field(from, "ct");
  const auto sealed = sframe::cipher_seal(suite, key, nonce, aad, plaintext);
  expect(sealed && *sealed == ciphertext, "another ciphertext");
  const auto opened = sframe::cipher_open(suite, key, nonce, aad, ciphertext);
  expect(opened && *opened == plaintext, "another plaintext");
  return true;
}

bool check_frame(const json::object& from) {
  const auto key =
      sframe::Key::derive(static_cast<sframe::Suite>(number_field(from, "cipher_suite")),
                          static_cast<sframe::KeyId>(number_field(from, "kid")), hex_field(from, "base_key"));
  expect(key && equal(key->key(), hex_field(from, "sframe_key")), "another key");
  expect(equal(key->salt(), hex_field(from, "sframe_salt")), "another salt");
  const auto metadata = hex_field(from, "metadata"), plaintext = hex_field(from, "pt"), frame = hex_field(from, "ct");
  const auto counter = static_cast<sframe::Counter>(number_field(from, "ctr"));
  const auto sealed = key->seal(counter, metadata, plaintext);
  expect(sealed && *sealed == frame, "another ciphertext");
  const auto opened = key->open(frame, metadata);
  expect(opened && *opened == plaintext, "another plaintext");
  return true;
}

}  // namespace

bool run_sframe(const json::value& document, FileReport& report) {
  if (!document.is_object() || !document.get_object().contains("sframe")) return false;
  const auto& file = document.get_object();
  report.format = "SFrame";
  const auto run = [&](std::string_view name, auto check) {
    const auto* cases = file.if_contains(name);
    if (cases != nullptr && cases->is_array()) run_cases(cases->get_array(), name, report, check);
  };
  run("header", check_header);
  run("aes_ctr_hmac", check_cipher);
  run("aes_256_ctr_hmac", check_cipher);
  run("sframe", check_frame);
  return true;
}

}  // namespace pqc::vectors
