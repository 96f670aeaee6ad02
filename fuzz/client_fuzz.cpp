// What a client reads from peers, from its own folder, and from who sits at it: content of sealed messages,
// frames of the profile's socket and of direct paths, configuration, keys typed.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <google/protobuf/stubs/logging.h>

#include "cli/config.h"
#include "cli/line_editor.h"
#include "client/attachments/part_file.h"
#include "client/direct/direct_frame.h"
#include "client/limits.h"
#include "client/messages/content.h"
#include "client/remote/frame_socket.h"
#include "client/store/message_search.h"
#include "wire/padding.h"

namespace {

using namespace pqc;

// A frame has one encoding.
void direct_frame(ByteView bytes) {
  const auto frame = client::decode_direct_frame(bytes);
  if (!frame) return;
  const auto* hello = std::get_if<client::DirectHello>(&*frame);
  const auto* parcel = std::get_if<client::DirectParcel>(&*frame);
  const auto again = hello    ? client::encode_direct_hello(hello->after)
                     : parcel ? client::encode_direct_parcel(parcel->id, parcel->envelope)
                              : client::encode_direct_stored(std::get<client::DirectStored>(*frame).ids);
  if (!equal(again, bytes)) __builtin_trap();
}

// What is accepted as a file has a name that is no path, and is stored and read again as it is.
void check_file(const client::FileContent& file) {
  if (!client::is_file_name(file.name) || client::safe_name(file.name).find('/') != std::string::npos) __builtin_trap();
  const auto again = client::decode_file(client::encode_file(file));
  if (!again || again->name != file.name || again->secret != file.secret || again->size != file.size) __builtin_trap();
}

// What is accepted about a call keeps to the rules (docs/spec/calls.md §2), and says the same when it is written again.
void check_call(const client::Content& content, const client::CallContent& call) {
  const auto again = client::decode_content(client::encode_content(content));
  const auto* same = again ? std::get_if<client::CallContent>(&again->body) : nullptr;
  if (same == nullptr || *same != call || call.call == client::CallId{}) __builtin_trap();
  const auto* offer = std::get_if<client::CallOffer>(&call.what);
  const auto* answer = std::get_if<client::CallAnswer>(&call.what);
  const auto* description = offer ? &offer->description : answer ? &answer->description : nullptr;
  if (description == nullptr) return;
  if (description->candidates.size() > client::limits::call_candidates || description->ufrag.size() < 4 ||
      description->password.size() < 22)
    __builtin_trap();
  for (const auto& candidate : description->candidates)
    if (candidate.ip.empty() || candidate.port == 0) __builtin_trap();
}

void content(ByteView bytes) {
  (void)client::decode_content(bytes);
  Bytes padded;
  wire::pad(bytes, padded);
  const auto decoded = client::decode_content(padded);
  if (!decoded) return;
  // What is accepted as text is text by our own rules.
  const auto* text = std::get_if<client::TextContent>(&decoded->body);
  if (text != nullptr && !client::check_text(text->text)) __builtin_trap();
  const auto* edit = std::get_if<client::EditContent>(&decoded->body);
  if (edit != nullptr && (!client::check_text(edit->text) || edit->revision == 0)) __builtin_trap();
  const auto* named = std::get_if<client::FileContent>(&decoded->body);
  if (named != nullptr) check_file(*named);
  const auto* call = std::get_if<client::CallContent>(&decoded->body);
  if (call != nullptr) check_call(*decoded, *call);
}

// What FTS5 is asked has quoted words and nothing else.
void words(ByteView bytes) {
  const auto expression = client::match_expression(as_text(bytes));
  if (std::ranges::count(expression, '"') % 2 != 0) __builtin_trap();
}

void frames(ByteView bytes) {
  client::FrameReader reader(1024);
  while (!bytes.empty()) {
    const auto step = std::min<std::size_t>(bytes.size(), 1 + bytes.front() % 16);
    const bool good = reader.feed(bytes.first(step));
    bytes = bytes.subspan(step);
    while (const auto frame = reader.next())
      if (frame->size() > 1024) __builtin_trap();
    if (!good) return;
  }
}

void keys(ByteView bytes) {
  cli::LineEditor editor("> ");
  for (const auto byte : bytes)
    if (editor.feed(static_cast<char>(byte)) == cli::LineEditor::Event::line) (void)editor.take_line();
  if (editor.draw(40).find('\n') != std::string::npos) __builtin_trap();
}

}  // namespace

// As the program does: libprotobuf's own lines would cost more than the parsing.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      content(bytes);
      break;
    case 1:
      frames(bytes);
      break;
    case 4:
      words(bytes);
      break;
    case 5:
      direct_frame(bytes);
      break;
    case 2:
      (void)cli::parse_config(as_text(bytes));
      break;
    default:
      keys(bytes);
  }
  return 0;
}
