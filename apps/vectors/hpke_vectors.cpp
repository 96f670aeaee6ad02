#include "hpke_vectors.h"

#include <map>
#include <optional>
#include <vector>

#include "cases.h"
#include "protocol/hpke/hpke.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;

struct Message {
  Bytes aad, plaintext, ciphertext;
};
struct Export {
  Bytes context;
  std::size_t length;
  Bytes value;
};
struct Case {
  std::uint64_t mode = 0, kem = 0, kdf = 0, aead = 0;
  Bytes info, random, recipient_ikm, recipient_private, recipient_public, output, sender_private;
  std::vector<Message> messages;
  std::vector<Export> exports;
};

std::optional<hpke::Suite> suite_of(const Case& of) {
  static const std::map<std::uint64_t, hpke::Kem> kems{
      {0x10, hpke::Kem::dhkem_p256},   {0x11, hpke::Kem::dhkem_p384},  {0x12, hpke::Kem::dhkem_p521},
      {0x20, hpke::Kem::dhkem_x25519}, {0x21, hpke::Kem::dhkem_x448},  {0x40, hpke::Kem::ml_kem_512},
      {0x41, hpke::Kem::ml_kem_768},   {0x42, hpke::Kem::ml_kem_1024}, {0x647A, hpke::Kem::ml_kem_768_x25519}};
  const bool known_kdf = (of.kdf >= 1 && of.kdf <= 3) || of.kdf == 0x10 || of.kdf == 0x11;
  const auto kem = kems.find(of.kem);
  if (kem == kems.end() || !known_kdf || of.aead < 1 || of.aead > 3) return std::nullopt;
  return hpke::Suite{kem->second, static_cast<hpke::Kdf>(of.kdf), static_cast<crypto::AeadAlg>(of.aead - 1)};
}

void check_messages(const Case& of, hpke::Context& sender, hpke::Context& recipient) {
  for (const auto& message : of.messages) {
    const auto sealed = sender.seal(message.aad, message.plaintext);
    expect(sealed && *sealed == message.ciphertext, "another ciphertext");
    const auto opened = recipient.open(message.aad, message.ciphertext);
    expect(opened && *opened == message.plaintext, "another plaintext");
  }
  for (const auto& exported : of.exports) {
    const auto ours = recipient.export_secret(exported.context, exported.length);
    expect(ours && equal(ours->view(), exported.value), "another exported value");
  }
}

// What a case of another suite needs.
std::string lacking(const Case& of) {
  if (of.kdf == 0x12 || of.kdf == 0x13) return "the KDF TurboSHAKE, which no suite of ours has";
  if (of.kem == 0x50 || of.kem == 0x51) return "a KEM of ML-KEM and a NIST curve, which no suite of ours has";
  return "an algorithm or mode that is not ours";
}

bool check_case(const Case& of) {
  const auto suite = suite_of(of);
  if (!suite || (of.mode != 0 && of.mode != 2)) throw NotApplicable{lacking(of)};
  const auto pair = hpke::derive_key_pair(suite->kem, of.recipient_ikm);
  expect(pair && equal(pair->private_key.view(), of.recipient_private), "another derived private key");
  expect(pair->public_key == of.recipient_public, "another derived public key");
  GivenRng rng(of.random);
  std::optional<hpke::KeyPair> own;
  if (of.mode == 2) own = std::move(*hpke::key_pair_of(suite->kem, of.sender_private));
  auto sender = own ? hpke::setup_auth_sender(*suite, of.recipient_public, of.info, *own, rng)
                    : hpke::setup_base_sender(*suite, of.recipient_public, of.info, rng);
  expect(sender && sender->output == of.output, "another KEM output");
  auto recipient = own ? hpke::setup_auth_recipient(*suite, *pair, of.output, of.info, own->public_key)
                       : hpke::setup_base_recipient(*suite, *pair, of.output, of.info);
  expect(recipient.has_value(), "the KEM output is refused");
  check_messages(of, sender->context, *recipient);
  return true;
}

// What the sender must draw: the JSON form gives the input of DeriveKeyPair, and X25519 and X448 draw a private key.
Bytes ephemeral_random(const Case& of, Bytes ikm) {
  const auto suite = suite_of(of);
  if (!suite || (suite->kem != hpke::Kem::dhkem_x25519 && suite->kem != hpke::Kem::dhkem_x448)) return ikm;
  const auto pair = hpke::derive_key_pair(suite->kem, ikm);
  return pair ? to_bytes(pair->private_key.view()) : ikm;
}

Case case_of(const json::object& from) {
  Case out{.mode = number_field(from, "mode"),
           .kem = number_field(from, "kem_id"),
           .kdf = number_field(from, "kdf_id"),
           .aead = number_field(from, "aead_id"),
           .info = hex_field(from, "info"),
           .random = {},
           .recipient_ikm = hex_field(from, "ikmR"),
           .recipient_private = hex_field(from, "skRm"),
           .recipient_public = hex_field(from, "pkRm"),
           .output = hex_field(from, "enc"),
           .sender_private = {},
           .messages = {},
           .exports = {}};
  out.random = ephemeral_random(out, hex_field(from, "ikmE"));
  for (const auto& item : array_field(from, "encryptions")) {
    const auto& message = item.as_object();
    out.messages.push_back({hex_field(message, "aad"), hex_field(message, "pt"), hex_field(message, "ct")});
  }
  for (const auto& item : array_field(from, "exports")) {
    const auto& exported = item.as_object();
    out.exports.push_back(
        {hex_field(exported, "exporter_context"), number_field(exported, "L"), hex_field(exported, "exported_value")});
  }
  return out;
}

bool check_x_wing(const json::object& from) {
  const auto pair = hpke::key_pair_of(hpke::Kem::x_wing, hex_field(from, "seed"));
  expect(pair && pair->public_key == hex_field(from, "pk"), "another public key");
  const auto random = hex_field(from, "eseed");
  GivenRng rng(random);
  const auto sent = hpke::encapsulate(hpke::Kem::x_wing, pair->public_key, rng);
  const auto secret = hex_field(from, "ss");
  expect(sent && sent->output == hex_field(from, "ct"), "another ciphertext");
  expect(equal(sent->secret.view(), secret), "another shared secret");
  const auto received = hpke::decapsulate(hpke::Kem::x_wing, *pair, sent->output);
  expect(received && equal(received->view(), secret), "another shared secret at the receiver");
  return true;
}

// The text form: `name = value` lines, a new case at each "mode", a new message or export at each "# …[n]".
class TextReader {
 public:
  explicit TextReader(FileReport& report) : report_(&report) {}

  void line(std::string_view text) {
    if (text.starts_with("# encryptions")) {
      case_.messages.emplace_back();
    } else if (text.starts_with("# exports")) {
      case_.exports.emplace_back();
    } else if (const auto equals = text.find(" ="); equals != std::string_view::npos) {
      const auto value = text.substr(std::min(equals + 3, text.size()));
      assign(text.substr(0, equals), value);
    }
  }

  void finish() {
    if (!open_) return;
    run_case("case " + std::to_string(count_++), *report_, [&] { return check_case(case_); });
    open_ = false;
  }

 private:
  void assign(std::string_view name, std::string_view value) {
    if (name == "mode") {
      finish();
      case_ = {};
      open_ = true;
    }
    const std::map<std::string_view, std::uint64_t*> numbers{
        {"mode", &case_.mode}, {"kem_id", &case_.kem}, {"kdf_id", &case_.kdf}, {"aead_id", &case_.aead}};
    if (const auto number = numbers.find(name); number != numbers.end()) {
      *number->second = std::stoull(std::string(value));
    } else if (name == "L" && !case_.exports.empty()) {
      case_.exports.back().length = std::stoull(std::string(value));
    } else if (auto* bytes = bytes_field(name)) {
      *bytes = from_hex(value).value_or(Bytes{});
    }
  }

  Bytes* bytes_field(std::string_view name) {
    const std::map<std::string_view, Bytes*> fields{{"info", &case_.info},
                                                    {"sender_seed", &case_.random},
                                                    {"ikmR", &case_.recipient_ikm},
                                                    {"skRm", &case_.recipient_private},
                                                    {"pkRm", &case_.recipient_public},
                                                    {"enc", &case_.output},
                                                    {"skSm", &case_.sender_private}};
    if (const auto found = fields.find(name); found != fields.end()) return found->second;
    if (!case_.exports.empty()) {
      if (name == "exporter_context") return &case_.exports.back().context;
      if (name == "exported_value") return &case_.exports.back().value;
    }
    if (case_.messages.empty()) return nullptr;
    if (name == "aad") return &case_.messages.back().aad;
    if (name == "ct") return &case_.messages.back().ciphertext;
    return name == "pt" ? &case_.messages.back().plaintext : nullptr;
  }

  FileReport* report_;
  Case case_;
  bool open_ = false;
  std::size_t count_ = 0;
};

bool array_of(const json::value& document, std::string_view name) {
  if (!document.is_array() || document.get_array().empty()) return false;
  const auto& first = document.get_array().front();
  return first.is_object() && first.get_object().contains(name);
}

}  // namespace

bool run_hpke_json(const json::value& document, FileReport& report) {
  if (!array_of(document, "kem_id")) return false;
  report.format = "HPKE";
  run_cases(document.get_array(), "case", report, [](const json::object& from) { return check_case(case_of(from)); });
  return true;
}

bool run_x_wing_json(const json::value& document, FileReport& report) {
  if (!array_of(document, "eseed")) return false;
  report.format = "X-Wing";
  run_cases(document.get_array(), "case", report, check_x_wing);
  return true;
}

bool run_hpke_text(std::string_view content, FileReport& report) {
  if (!content.starts_with("mode = ")) return false;
  report.format = "HPKE (RFC 9180)";
  TextReader reader(report);
  while (!content.empty()) {
    const auto end = std::min(content.find('\n'), content.size());
    reader.line(content.substr(0, end));
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  reader.finish();
  return true;
}

}  // namespace pqc::vectors
