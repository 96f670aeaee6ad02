// pqc-chat recording export.
#include <filesystem>
#include <format>

#include "cli/commands.h"
#include "client/recording/recording_export.h"

namespace pqc::cli {
namespace {

void show(const Context& context, const RecordingCommand& command, const client::ExportedRecording& made) {
  if (context.output.json()) {
    context.output.object(json_object("recording")
                              .add("call", to_hex(made.start.call))
                              .add("peer", made.start.theirs)
                              .add("began_at", rfc3339({static_cast<std::int64_t>(made.start.began)}))
                              .add("length_ms", made.length.count())
                              .add("complete", made.complete)
                              .add("file", command.wav));
    return;
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(made.length).count();
  context.output.line(std::format("{}: the call with {} of {}, {}:{:02}, you on the left", command.wav,
                                  made.start.theirs, local_time({static_cast<std::int64_t>(made.start.began)}),
                                  seconds / 60, seconds % 60));
  if (!made.complete)
    context.output.note(
        "the end is missing: the call still goes on, the program that wrote it did not end it, or the file was "
        "shortened");
}

}  // namespace

ExitCode run(const Context& context, const RecordingCommand& command) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const auto ask = [&](const recording::Header& header) -> client::Result<recording::FileKey> {
    auto key = (*opened)->recording_key(header);
    if (!key) return client::pass(key);
    if (key->size() != recording::FileKey::size)
      return client::fail(ExitCode::protocol_mismatch, "the profile's owner answered something else than a key");
    return recording::FileKey(key->view().first<recording::FileKey::size>());
  };
  const auto made = client::export_recording(command.file, command.wav, ask);
  if (!made) return context.fail(made.error());
  show(context, command, *made);
  return ExitCode::ok;
}

}  // namespace pqc::cli
