// pqc-chat chat: an interactive conversation.
#include "client/chat/chat.h"

#include <csignal>

#include "cli/commands.h"
#include "cli/console.h"

namespace pqc::cli {

ExitCode run(const Context& context, const ChatCommand& command) {
  const auto audio = audio_of(command.audio);
  if (!audio) return context.fail(audio.error());
  const auto read_audio = [&command](std::string_view words) -> client::Result<client::CallAudio> {
    const auto options = parse_audio_options(words, command.audio);
    if (!options) return client::fail(ExitCode::usage, options.error());
    return audio_of(*options);
  };
  auto opened = context.open(true, !audio->relay_only);
  if (!opened) return context.fail(opened.error());
  auto& client = **opened;
  client::Status outcome;
  {
    Console console(client.loop(), context.output, "> ");
    client::Chat chat(client, console, command.peer, read_audio);
    const auto signals = client.loop().on_signals({SIGINT, SIGTERM, SIGHUP}, [&chat](int) { chat.end(); });
    outcome = chat.run();
  }
  client.close();
  return outcome ? ExitCode::ok : context.fail(outcome.error());
}

}  // namespace pqc::cli
