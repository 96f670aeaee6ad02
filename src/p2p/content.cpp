#include "p2p/content.h"

#include "client/content.h"
#include "client/limits.h"
#include "p2p/hello.h"
#include "wire/padding.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace pqc::p2p {
namespace {

enum class Kind : std::uint8_t { text = 1, acknowledgement = 2, ping = 3, pong = 4, goodbye = 5 };

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
  void operator()(const Unknown&) { out.u8(0); }
};

const auto malformed = std::unexpected(wire::Error::malformed);

wire::Result<Content> parse_text(wire::Reader& reader) {
  const auto id = reader.array<16>();
  const auto sent_at = reader.u64();
  const auto text = reader.opaque24(client::limits::text_bytes);
  if (!id || !sent_at || !text || !reader.done() || !client::check_text(as_text(*text))) return malformed;
  return Text{*id, {static_cast<std::int64_t>(*sent_at)}, std::string(as_text(*text))};
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
  }
  return Unknown{};
}

}  // namespace

Bytes encode(const Content& content) {
  Bytes plain;
  wire::Writer writer(plain);
  std::visit(Encoder{writer}, content);
  Bytes out;
  wire::pad(plain, out);
  wipe(plain);
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
