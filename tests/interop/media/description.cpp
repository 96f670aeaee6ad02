#include "description.h"

#include <algorithm>
#include <istream>
#include <ostream>
#include <sstream>
#include <string>

#include "base/bytes.h"

namespace pqc::interop {
namespace {

bool take_fingerprint(std::istream& line, media::Fingerprint& out) {
  std::string text;
  line >> text;
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != out.bytes.size()) return false;
  std::ranges::copy(*bytes, out.bytes.begin());
  return true;
}

bool take_candidate(std::istream& line, std::vector<net::ice::Candidate>& out) {
  auto& added = out.emplace_back(net::ice::CandidateType::host);
  return static_cast<bool>(line >> added.ip >> added.port);
}

bool take_number(std::istream& line, unsigned greatest, std::uint8_t& out) {
  unsigned number = 0;
  if (!(line >> number) || number > greatest) return false;
  out = static_cast<std::uint8_t>(number);
  return true;
}

bool take(const std::string& name, std::istream& line, Description& out) {
  if (name == "ufrag") return static_cast<bool>(line >> out.credentials.ufrag);
  if (name == "password") return static_cast<bool>(line >> out.credentials.password);
  if (name == "fingerprint") return take_fingerprint(line, out.fingerprint);
  if (name == "candidate") return take_candidate(line, out.candidates);
  if (name == "extension") return take_number(line, 14, out.extension);
  if (name == "payload_type") return take_number(line, 127, out.payload_type);
  if (name == "nack") return out.nack = true;
  return false;
}

}  // namespace

void write(const Description& description, std::ostream& out) {
  out << "ufrag " << description.credentials.ufrag << '\n'
      << "password " << description.credentials.password << '\n'
      << "fingerprint " << to_hex(description.fingerprint.bytes) << '\n';
  for (const auto& candidate : description.candidates)
    out << "candidate " << candidate.ip << ' ' << candidate.port << '\n';
  out << "end" << std::endl;
}

std::optional<Description> read(std::istream& in) {
  Description out;
  for (std::string text; std::getline(in, text);) {
    std::istringstream line(text);
    std::string name;
    line >> name;
    if (name == "end") return out;
    if (!take(name, line, out)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace pqc::interop
