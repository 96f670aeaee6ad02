#include "falcon_kat.h"

#include <map>
#include <string>

#include "base/bytes.h"
#include "crypto/falcon.h"
#include "nist_drbg.h"

namespace pqc::vectors {
namespace {

namespace falcon = crypto::falcon;

constexpr std::string_view title = "# Falcon-1024";
// The header byte of the value in a signed message, where a detached signature has 0x3A.
constexpr std::uint8_t signed_message_header = 0x2A;

using Record = std::map<std::string, std::string, std::less<>>;

struct Answer {
  Bytes seed, message, public_key, private_key, signed_message;
};

std::optional<Answer> parse(const Record& record) {
  const auto field = [&](std::string_view name) {
    const auto found = record.find(name);
    return found == record.end() ? std::nullopt : from_hex(found->second);
  };
  auto seed = field("seed"), message = field("msg"), pk = field("pk"), sk = field("sk"), sm = field("sm");
  if (!seed || seed->size() != NistDrbg::seed_size || !message || !pk || !sk || !sm) return std::nullopt;
  return Answer{*seed, *message, *pk, *sk, *sm};
}

// u16 length of header and value ‖ nonce ‖ message ‖ header ‖ value, from header ‖ nonce ‖ value.
Bytes signed_message(ByteView message, ByteView signature) {
  const auto value = signature.subspan(1 + falcon::nonce_size);
  const auto size = value.size() + 1;
  Bytes out{static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  append(out, signature.subspan(1, falcon::nonce_size));
  append(out, message);
  out.push_back(signed_message_header);
  append(out, value);
  return out;
}

// Null when all came out as the record says, else what did not.
const char* difference(const Answer& answer) {
  NistDrbg rng(std::span(answer.seed).first<NistDrbg::seed_size>());
  const auto pair = falcon::generate(rng);
  if (!pair || pair->public_key != answer.public_key) return "another public key";
  if (!equal(pair->private_key.view(), answer.private_key)) return "another private key";
  const auto derived = falcon::derive_public_key(answer.private_key);
  if (!derived || *derived != answer.public_key) return "another public key from the private key";
  const auto signature = falcon::sign(answer.private_key, answer.message, rng);
  if (!signature || signed_message(answer.message, *signature) != answer.signed_message) return "another signature";
  if (!falcon::verify(answer.public_key, answer.message, *signature)) return "the signature does not verify";
  return nullptr;
}

void run_record(const Record& record, FileReport& report) {
  const auto found = record.find("count");
  const auto id = "count " + (found == record.end() ? std::string("?") : found->second);
  if (!falcon::available()) return report.count(Verdict::not_applicable, id, "");
  const auto answer = parse(record);
  if (!answer) return report.count(Verdict::failed, id, "fields are missing or not hexadecimal");
  const auto* reason = difference(*answer);
  report.count(reason == nullptr ? Verdict::passed : Verdict::failed, id, reason == nullptr ? "" : reason);
}

}  // namespace

bool run_falcon_kat(std::string_view content, FileReport& report) {
  if (!content.starts_with(title)) return false;
  report.format = "Falcon-1024 known answers";
  Record record;
  while (!content.empty()) {
    const auto end = std::min(content.find('\n'), content.size());
    const auto line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    const auto equals = line.find(" = ");
    if (equals == std::string_view::npos) continue;
    if (line.starts_with("count") && !record.empty()) {
      run_record(record, report);
      record.clear();
    }
    auto value = line.substr(equals + 3);
    if (value.ends_with('\r')) value.remove_suffix(1);
    record.insert_or_assign(std::string(line.substr(0, equals)), std::string(value));
  }
  if (!record.empty()) run_record(record, report);
  return true;
}

}  // namespace pqc::vectors
