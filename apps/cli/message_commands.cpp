// pqc-chat reply, react, edit, unsend, disappear: messages about messages, and about the conversation.
#include "cli/delivery.h"
#include "client/messages/content.h"
#include "client/messages/duration.h"

namespace pqc::cli {
namespace {

ExitCode send_about(const Context& context, const AboutMessage& about, client::MessageKind kind, std::string text) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  client::Draft draft;
  draft.kind = kind;
  draft.peer = about.with;
  draft.target = about.id;
  draft.text = std::move(text);
  return deliver(context, **opened, std::move(draft), std::nullopt);
}

ExitCode send_text_about(const Context& context, const AboutMessage& about, client::MessageKind kind) {
  auto text = text_or_input(about.text);
  if (!text) return context.fail(text.error());
  if (auto checked = client::check_text(*text); !checked) return context.fail(checked.error());
  return send_about(context, about, kind, std::move(*text));
}

}  // namespace

ExitCode run(const Context& context, const ReplyCommand& command) {
  return send_text_about(context, command, client::MessageKind::text);
}

ExitCode run(const Context& context, const EditCommand& command) {
  return send_text_about(context, command, client::MessageKind::edit);
}

ExitCode run(const Context& context, const ReactCommand& command) {
  if (!command.remove && command.text.value_or("").empty())
    return context.fail({ExitCode::text_empty, "which reaction? pqc-chat react ID EMOJI, or --remove"});
  return send_about(context, command, client::MessageKind::reaction, command.remove ? "" : *command.text);
}

ExitCode run(const Context& context, const UnsendCommand& command) {
  return send_about(context, command, client::MessageKind::unsend, {});
}

ExitCode run(const Context& context, const DisappearCommand& command) {
  const auto duration = client::parse_duration(command.after);
  if (!duration) return context.fail({ExitCode::usage, "say how long: 30s, 10m, 12h, 7d, 4w or off"});
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  const Closing closing{**opened};
  client::Draft draft;
  draft.kind = client::MessageKind::timer;
  draft.peer = command.peer;
  draft.seconds = *duration;
  return deliver(context, **opened, std::move(draft), std::nullopt);
}

}  // namespace pqc::cli
