// The Interactor of a terminal: a line editor at the bottom, above it how a call stands while there is one; messages
// scroll above both and never garble what is being typed. Where standard input is no terminal, plain lines are read
// from it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/line_editor.h"
#include "cli/output.h"
#include "client/chat/interactor.h"
#include "client/loop.h"

namespace pqc::cli {

class Console final : public client::Interactor {
 public:
  Console(client::Loop& loop, const Output& output, std::string prompt);
  ~Console() override;
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  void start(Handlers handlers) override;
  void show(const client::Message& message) override;
  void show(const client::Notice& notice) override;
  void show(std::string_view text) override;
  void update(const client::Message& message) override;
  void show_call(const client::CallInfo& call) override;
  void follow_call(const std::optional<client::CallInfo>& call) override;

 private:
  class RawMode;

  void on_readable();
  void feed(char byte);
  template <class F>
  void above_the_line(F&& print);
  void draw();
  void redraw();
  void take_away();

  client::Loop& loop_;
  const Output& output_;
  Handlers handlers_;
  LineEditor editor_;
  std::string live_;   // how a call stands: in a line of its own below the one that is typed
  std::string plain_;  // of a line, where there is no terminal
  std::unique_ptr<RawMode> raw_;
  client::Loop::HandlePtr readable_;
};

}  // namespace pqc::cli
