#include "client/calls/call_content.h"

#include <algorithm>

#include <arpa/inet.h>

#include "base/bytes.h"
#include "client/limits.h"
#include "proto/content.pb.h"

namespace pqc::client {
namespace {

namespace proto = pqc_chat::content::v1;

template <std::size_t N>
bool read(const std::string& in, std::array<std::uint8_t, N>& out) {
  if (in.size() != N) return false;
  std::ranges::copy(as_bytes(in), out.begin());
  return true;
}

// RFC 8445 §5.3: ice-char.
bool is_ice_text(const std::string& text, std::size_t least) {
  return text.size() >= least && text.size() <= limits::ice_text_bytes &&
         std::ranges::all_of(text, [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

bool is_address(const std::string& text) {
  std::array<std::uint8_t, sizeof(in6_addr)> address{};
  return text.size() < INET6_ADDRSTRLEN && (::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
                                            ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1);
}

bool read(const proto::CallCandidate& in, CallCandidate& out) {
  if (in.type() < 1 || in.type() > 3 || in.port() < 1 || in.port() > 65'535 || !is_address(in.ip())) return false;
  out = {
      .type = static_cast<CallCandidateType>(in.type()), .ip = in.ip(), .port = static_cast<std::uint16_t>(in.port())};
  return true;
}

// What descriptions and restarts have in common.
template <class In, class Out>
bool read_path(const In& in, Out& out) {
  if (!is_ice_text(in.ufrag(), 4) || !is_ice_text(in.password(), 22)) return false;
  if (static_cast<std::size_t>(in.candidates_size()) > limits::call_candidates) return false;
  out.ufrag = in.ufrag();
  out.password = in.password();
  out.candidates.clear();
  for (const auto& candidate : in.candidates())
    if (!read(candidate, out.candidates.emplace_back())) return false;
  return true;
}

bool read(const proto::CallDescription& in, CallDescription& out) {
  if (!read(in.fingerprint(), out.fingerprint) || !read_path(in, out)) return false;
  out.frame_units = in.frame_units();
  out.bit_rate = in.bit_rate();
  return (out.frame_units == 1 || out.frame_units == 2 || out.frame_units == 4) &&
         out.bit_rate >= limits::call_lowest_bit_rate && out.bit_rate <= limits::call_highest_bit_rate;
}

template <class In, class Out>
void write_path(const In& in, Out& out) {
  out.set_ufrag(in.ufrag);
  out.set_password(in.password);
  for (const auto& candidate : in.candidates) {
    auto& added = *out.add_candidates();
    added.set_type(static_cast<std::uint32_t>(candidate.type));
    added.set_ip(candidate.ip);
    added.set_port(candidate.port);
  }
}

void write(const CallDescription& in, proto::CallDescription& out) {
  out.set_fingerprint(in.fingerprint.data(), in.fingerprint.size());
  write_path(in, out);
  out.set_frame_units(in.frame_units);
  out.set_bit_rate(in.bit_rate);
}

// Each sets the body and answers it, so that the id is set in one place.
struct Writer {
  proto::Content& out;
  std::string& operator()(const CallOffer& in) const {
    auto& body = *out.mutable_call_offer();
    body.set_offered_at(in.offered_at.value);
    body.set_secret(in.secret.data(), in.secret.size());
    write(in.description, *body.mutable_description());
    return *body.mutable_call();
  }
  std::string& operator()(const CallAnswer& in) const {
    auto& body = *out.mutable_call_answer();
    body.set_secret(in.secret.data(), in.secret.size());
    write(in.description, *body.mutable_description());
    return *body.mutable_call();
  }
  std::string& operator()(const CallRestart& in) const {
    auto& body = *out.mutable_call_restart();
    body.set_round(in.round);
    write_path(in.path, body);
    return *body.mutable_call();
  }
  std::string& operator()(const CallReject& in) const {
    out.mutable_call_reject()->set_busy(in.busy);
    return *out.mutable_call_reject()->mutable_call();
  }
  std::string& operator()(const CallHangup&) const { return *out.mutable_call_hangup()->mutable_call(); }
  std::string& operator()(const CallTaken& in) const {
    out.mutable_call_taken()->set_declined(in.declined);
    return *out.mutable_call_taken()->mutable_call();
  }
  std::string& operator()(const CallRinging&) const { return *out.mutable_call_ringing()->mutable_call(); }
};

bool read(const proto::Content& in, CallContent& out) {
  switch (in.body_case()) {
    case proto::Content::kCallOffer: {
      CallOffer offer{.offered_at = {in.call_offer().offered_at()}, .secret = {}, .description = {}};
      const bool good = read(in.call_offer().secret(), offer.secret) &&
                        read(in.call_offer().description(), offer.description) &&
                        read(in.call_offer().call(), out.call);
      out.what = std::move(offer);
      return good;
    }
    case proto::Content::kCallAnswer: {
      CallAnswer answer;
      const bool good = read(in.call_answer().secret(), answer.secret) &&
                        read(in.call_answer().description(), answer.description) &&
                        read(in.call_answer().call(), out.call);
      out.what = std::move(answer);
      return good;
    }
    case proto::Content::kCallRestart: {
      CallRestart restart{.round = in.call_restart().round(), .path = {}};
      const bool good = restart.round >= 1 && restart.round <= limits::call_restarts &&
                        read_path(in.call_restart(), restart.path) && read(in.call_restart().call(), out.call);
      out.what = std::move(restart);
      return good;
    }
    case proto::Content::kCallReject:
      out.what = CallReject{.busy = in.call_reject().busy()};
      return read(in.call_reject().call(), out.call);
    case proto::Content::kCallHangup:
      out.what = CallHangup{};
      return read(in.call_hangup().call(), out.call);
    case proto::Content::kCallTaken:
      out.what = CallTaken{.declined = in.call_taken().declined()};
      return read(in.call_taken().call(), out.call);
    case proto::Content::kCallRinging:
      out.what = CallRinging{};
      return read(in.call_ringing().call(), out.call);
    default:
      return false;
  }
}

bool is_call(const proto::Content& in) {
  return in.has_call_offer() || in.has_call_answer() || in.has_call_restart() || in.has_call_reject() ||
         in.has_call_hangup() || in.has_call_taken() || in.has_call_ringing();
}

}  // namespace

void encode_call(const CallContent& in, proto::Content& out) {
  std::visit(Writer{out}, in.what).assign(reinterpret_cast<const char*>(in.call.data()), in.call.size());
}

std::optional<CallContent> decode_call(const proto::Content& in) {
  if (!is_call(in)) return std::nullopt;
  CallContent out;
  if (!read(in, out)) out.call = {};
  return out;
}

}  // namespace pqc::client
