#include "p2p/content.h"

#include <algorithm>

#include "client/limits.h"
#include "client/messages/content.h"
#include "p2p/hello.h"
#include "p2p/limits.h"
#include "wire/padding.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

enum class Kind : std::uint8_t {
  text = 1,
  acknowledgement = 2,
  ping = 3,
  pong = 4,
  goodbye = 5,
  file_offer = 6,
  file_answer = 7,
  file_chunk = 8,
  file_end = 9
};

struct Encoder {
  wire::Writer& out;
  wire::Writer& kind(Kind kind) { return out.u8(static_cast<std::uint8_t>(kind)); }

  void operator()(const Text& text) {
    kind(Kind::text).bytes(text.id).u64(static_cast<std::uint64_t>(text.sent_at.value)).opaque24(as_bytes(text.text));
  }
  void operator()(const Acknowledgement& done) { kind(Kind::acknowledgement).bytes(done.id); }
  void operator()(const Ping& ping) { kind(Kind::ping).u64(ping.number); }
  void operator()(const Pong& pong) { kind(Kind::pong).u64(pong.number); }
  void operator()(const Goodbye&) { kind(Kind::goodbye); }
  void operator()(const FileOffer& offer) {
    kind(Kind::file_offer).bytes(offer.id).u64(offer.size).opaque8(as_bytes(offer.name));
  }
  void operator()(const FileAnswer& answer) { kind(Kind::file_answer).bytes(answer.id).u8(answer.accepted ? 1 : 0); }
  void operator()(const FileChunk& chunk) {
    kind(Kind::file_chunk).bytes(chunk.id).u64(chunk.offset).opaque24(chunk.data);
  }
  void operator()(const FileEnd& end) { kind(Kind::file_end).bytes(end.id).bytes(end.hash); }
  void operator()(const Unknown&) { out.u8(0); }
};

// What a content has beside its text or data, and what that is long.
constexpr std::size_t longest_head = 64 + limits::file_name;
std::size_t body_size(const Content& content) {
  if (const auto* text = std::get_if<Text>(&content)) return text->text.size();
  if (const auto* chunk = std::get_if<FileChunk>(&content)) return chunk->data.size();
  return 0;
}

const auto malformed = std::unexpected(wire::Error::malformed);

wire::Result<Content> parse_text(wire::Reader& reader) {
  const auto id = reader.array<16>();
  const auto sent_at = reader.u64();
  const auto text = reader.opaque24(client::limits::text_bytes);
  if (!id || !sent_at || !text || !reader.done() || !client::check_text(as_text(*text))) return malformed;
  return Text{*id, {static_cast<std::int64_t>(*sent_at)}, std::string(as_text(*text))};
}

wire::Result<Content> parse_offer(wire::Reader& reader) {
  const auto id = reader.array<16>();
  const auto size = reader.u64();
  const auto name = reader.opaque8(limits::file_name);
  if (!id || !size || !name || !reader.done() || *size > limits::file || !is_file_name(as_text(*name)))
    return malformed;
  return FileOffer{*id, *size, std::string(as_text(*name))};
}

wire::Result<Content> parse_answer(wire::Reader& reader) {
  const auto id = reader.array<16>();
  const auto accepted = reader.u8();
  if (!id || !accepted || *accepted > 1 || !reader.done()) return malformed;
  return FileAnswer{*id, *accepted == 1};
}

wire::Result<Content> parse_chunk(wire::Reader& reader) {
  const auto id = reader.array<16>();
  const auto offset = reader.u64();
  const auto data = reader.opaque24(limits::file_chunk);
  if (!id || !offset || !data || data->empty() || !reader.done()) return malformed;
  return FileChunk{*id, *offset, to_bytes(*data)};
}

wire::Result<Content> parse_end(wire::Reader& reader) {
  const auto id = reader.array<16>();
  const auto hash = reader.array<32>();
  if (!id || !hash || !reader.done()) return malformed;
  return FileEnd{*id, *hash};
}

template <class T, class Value>
wire::Result<Content> whole(const wire::Reader& reader, const wire::Result<Value>& value) {
  if (!value || !reader.done()) return malformed;
  return T{*value};
}

wire::Result<Content> parse(wire::Reader& reader) {
  const auto kind = reader.u8();
  if (!kind) return malformed;
  switch (static_cast<Kind>(*kind)) {
    case Kind::text:
      return parse_text(reader);
    case Kind::acknowledgement: {
      const auto id = reader.array<16>();
      return whole<Acknowledgement>(reader, id);
    }
    case Kind::ping: {
      const auto number = reader.u64();
      return whole<Ping>(reader, number);
    }
    case Kind::pong: {
      const auto number = reader.u64();
      return whole<Pong>(reader, number);
    }
    case Kind::goodbye:
      if (!reader.done()) return malformed;
      return Goodbye{};
    case Kind::file_offer:
      return parse_offer(reader);
    case Kind::file_answer:
      return parse_answer(reader);
    case Kind::file_chunk:
      return parse_chunk(reader);
    case Kind::file_end:
      return parse_end(reader);
  }
  return Unknown{};
}

}  // namespace

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::file_name && name.front() != '.' && client::check_text(name) &&
         client::is_plain_name(name) && !name.contains('/');
}

// In memory that never grows, which would leave a copy behind.
Bytes encode(const Content& content) {
  Bytes out;
  out.reserve(wire::padded_size(longest_head + body_size(content)));
  wire::Writer writer(out);
  std::visit(Encoder{writer}, content);
  const auto size = out.size();
  out.resize(wire::padded_size(size));
  static_cast<void>(wire::pad_in_place(out, size));  // of that length it cannot fail
  return out;
}

client::Result<Content> decode_content(ByteView padded) {
  const auto plain = wire::unpad(padded);
  if (!plain) return refused("content: padding");
  wire::Reader reader(*plain);
  auto out = parse(reader);
  if (!out) return refused("content: malformed");
  return std::move(*out);
}

}  // namespace pqc::p2p
