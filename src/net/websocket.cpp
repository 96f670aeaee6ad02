#include "net/websocket.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <openssl/evp.h>

#include "net/limits.h"

namespace pqc::net {
namespace {

constexpr std::uint8_t final_bit = 0x80;
constexpr std::uint8_t reserved_bits = 0x70;
constexpr std::uint8_t opcode_bits = 0x0F;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t continuation = 0;
constexpr std::string_view accept_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool is_control(std::uint8_t opcode) {
  return (opcode & 8) != 0;
}

bool is_known(std::uint8_t opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

void unmask(ByteSpan bytes, std::span<const std::uint8_t, 4> mask) {
  std::uint32_t word = 0;
  std::memcpy(&word, mask.data(), 4);
  const std::uint64_t wide = std::uint64_t{word} << 32 | word;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t block = 0;
    std::memcpy(&block, bytes.data() + i, 8);
    block ^= wide;
    std::memcpy(bytes.data() + i, &block, 8);
  }
  for (; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ mask[i & 3]);
}

// RFC 6455 §7.4: what a peer may put into a close frame.
bool may_be_received(std::uint16_t code) {
  return (code >= 1000 && code <= 1011 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

struct WebSocketReader::Header {
  std::size_t header_size = 0;
  std::size_t payload_size = 0;
  std::uint8_t opcode = 0;
  bool final = false;
  std::array<std::uint8_t, 4> mask{};
};

std::expected<std::optional<WebSocketReader::Header>, CloseCode> WebSocketReader::parse_header(ByteView bytes) const {
  if (bytes.size() < 2) return std::nullopt;
  Header header;
  header.final = (bytes[0] & final_bit) != 0;
  header.opcode = bytes[0] & opcode_bits;
  const bool masked = (bytes[1] & mask_bit) != 0;
  const bool control = is_control(header.opcode);
  if ((bytes[0] & reserved_bits) != 0 || !is_known(header.opcode) || masked != (endpoint_ == Endpoint::server) ||
      (control && !header.final)) {
    return std::unexpected(CloseCode::protocol_error);
  }
  const std::uint8_t short_size = bytes[1] & 0x7F;
  const std::size_t size_bytes = short_size == 126 ? 2 : short_size == 127 ? 8 : 0;
  header.header_size = 2 + size_bytes + (masked ? 4 : 0);
  if (bytes.size() < header.header_size) return std::nullopt;
  std::uint64_t size = size_bytes == 0 ? short_size : 0;
  for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | bytes[2 + i];
  // The shortest form is the only one (RFC 6455 §5.2).
  const bool shortest = size_bytes == 0 || (size_bytes == 2 ? size >= 126 : size > 0xFFFF);
  if (!shortest || (control && size > max_control_payload)) return std::unexpected(CloseCode::protocol_error);
  if (!control && size > max_message_ - std::min(max_message_, message_.size())) {
    return std::unexpected(CloseCode::too_large);
  }
  header.payload_size = static_cast<std::size_t>(size);
  if (masked) std::ranges::copy(bytes.subspan(2 + size_bytes, 4), header.mask.begin());
  return header;
}

// One whole frame, in input where it lies there in one piece, else collected in frame_.
std::expected<std::optional<ByteSpan>, CloseCode> WebSocketReader::whole_frame(ByteSpan& input) {
  if (frame_.empty()) {
    const auto header = parse_header(input);
    if (!header) return std::unexpected(header.error());
    const auto size = *header ? (*header)->header_size + (*header)->payload_size : 0;
    if (*header && input.size() >= size) {
      const auto frame = input.first(size);
      input = input.subspan(size);
      return frame;
    }
    if (*header) frame_.reserve(size);
    append(frame_, input);
    input = {};
    return std::nullopt;
  }
  while (!input.empty()) {
    const auto header = parse_header(frame_);
    if (!header) return std::unexpected(header.error());
    // Byte by byte until the header is known, then the rest at once.
    const auto wanted = *header ? (*header)->header_size + (*header)->payload_size : frame_.size() + 1;
    if (*header) frame_.reserve(wanted);
    const auto taken = std::min(wanted - frame_.size(), input.size());
    append(frame_, input.first(taken));
    input = input.subspan(taken);
    if (*header && frame_.size() == wanted) break;
  }
  const auto header = parse_header(frame_);
  if (!header) return std::unexpected(header.error());
  if (!*header || frame_.size() < (*header)->header_size + (*header)->payload_size) return std::nullopt;
  release_frame_ = true;
  return ByteSpan(frame_);
}

std::expected<WebSocketMessage, CloseCode> WebSocketReader::control(FrameKind kind, ByteView payload) const {
  WebSocketMessage message{kind, payload, CloseCode::no_status};
  if (kind != FrameKind::close || payload.empty()) return message;
  if (payload.size() < 2) return std::unexpected(CloseCode::protocol_error);
  const auto code = static_cast<std::uint16_t>(payload[0] << 8 | payload[1]);
  if (!may_be_received(code)) return std::unexpected(CloseCode::protocol_error);
  if (!is_valid_utf8(payload.subspan(2))) return std::unexpected(CloseCode::invalid_text);
  message.close_code = static_cast<CloseCode>(code);
  return message;
}

std::expected<std::optional<WebSocketMessage>, CloseCode> WebSocketReader::take(const Header& header,
                                                                                ByteSpan payload) {
  if (is_control(header.opcode)) return control(static_cast<FrameKind>(header.opcode), payload);
  if ((header.opcode == continuation) != in_message_) return std::unexpected(CloseCode::protocol_error);
  if (header.opcode != continuation) message_kind_ = static_cast<FrameKind>(header.opcode);
  in_message_ = !header.final;
  ByteView whole = payload;
  if (in_message_ || header.opcode == continuation) {
    append(message_, payload);
    if (in_message_) return std::nullopt;
    release_message_ = true;
    whole = message_;
  }
  if (message_kind_ == FrameKind::text && !is_valid_utf8(whole)) return std::unexpected(CloseCode::invalid_text);
  return WebSocketMessage{message_kind_, whole, CloseCode::normal};
}

std::expected<std::optional<WebSocketMessage>, CloseCode> WebSocketReader::next(ByteSpan& input) {
  while (true) {
    if (std::exchange(release_frame_, false)) Bytes().swap(frame_);
    if (std::exchange(release_message_, false)) Bytes().swap(message_);
    if (input.empty()) return std::nullopt;
    const auto frame = whole_frame(input);
    if (!frame) return std::unexpected(frame.error());
    if (!*frame) return std::nullopt;
    const auto header = **parse_header(**frame);  // whole_frame has parsed it
    const auto payload = (*frame)->subspan(header.header_size);
    if (endpoint_ == Endpoint::server) unmask(payload, header.mask);
    auto message = take(header, payload);
    if (!message || *message) return message;
  }
}

void append_server_frame_header(Bytes& out, FrameKind kind, std::size_t payload_size) {
  out.push_back(static_cast<std::uint8_t>(final_bit | static_cast<std::uint8_t>(kind)));
  if (payload_size < 126) {
    out.push_back(static_cast<std::uint8_t>(payload_size));
    return;
  }
  const int size_bytes = payload_size <= 0xFFFF ? 2 : 8;
  out.push_back(size_bytes == 2 ? 126 : 127);
  for (int i = size_bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(payload_size >> (8 * i)));
}

void append_server_frame(Bytes& out, FrameKind kind, ByteView payload) {
  append_server_frame_header(out, kind, payload.size());
  append(out, payload);
}

void append_client_frame(Bytes& out, FrameKind kind, ByteView payload, std::span<const std::uint8_t, 4> mask) {
  const auto at = out.size();
  append_server_frame_header(out, kind, payload.size());
  out[at + 1] |= mask_bit;
  append(out, mask);
  const auto begin = out.size();
  append(out, payload);
  unmask(ByteSpan(out).subspan(begin), mask);
}

Bytes close_payload(CloseCode code, std::string_view reason) {
  const auto number = static_cast<std::uint16_t>(code);
  Bytes out{static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  append(out, as_bytes(reason.substr(0, max_control_payload - 2)));
  return out;
}

// RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(ByteView text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = text[i];
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < length) return false;
    const std::uint8_t lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[i + 1] < lowest || text[i + 1] > highest) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if ((text[i + k] & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += accept_suffix;
  std::array<std::uint8_t, 20> digest{};
  EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(), digest.data(), nullptr);
  return to_base64(digest);
}

}  // namespace pqc::net
