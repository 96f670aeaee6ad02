// pqc-chat history, search, export: what is stored.
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/times.h"
#include "client/files.h"

namespace pqc::cli {
namespace {

using client::Result;
using client::Status;

constexpr std::uint32_t export_page = 1000;

Result<client::MessageQuery> query_of(const Period& period) {
  client::MessageQuery query;
  for (const auto& [text, into] : {std::pair{&period.since, &query.since}, std::pair{&period.before, &query.before}}) {
    if (text->empty()) continue;
    const auto time = parse_time(*text, SystemClock().now());
    if (!time)
      return client::fail(ExitCode::usage, "'" + *text +
                                               "' is no time: write 2026-11-21, 2026-11-21T18:30, "
                                               "2026-11-21T17:30:00Z, or how long ago (7d)");
    *into = *time;
  }
  return query;
}

ExitCode print_found(const Context& context, const client::MessageQuery& query) {
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto messages = (*opened)->find(query);
  if (!messages) return context.fail(messages.error());
  for (const auto& message : *messages) context.output.message(message);
  return ExitCode::ok;
}

client::Error already_there(const std::string& name) {
  return {ExitCode::usage, name + " is there already: choose another name"};
}

// A file that nobody else may read, which takes its name only when it is whole.
class ExportFile {
 public:
  static Result<std::unique_ptr<ExportFile>> create(const std::string& name) {
    const auto temporary = name + ".new";
    client::FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return std::unexpected(client::system_error(errno, "write", temporary));
    return std::unique_ptr<ExportFile>(new ExportFile(name, temporary, std::move(file)));
  }
  ~ExportFile() { ::unlink(temporary_.c_str()); }
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  Status write(std::string line) {
    line += '\n';
    std::string_view left = line;
    while (!left.empty()) {
      const auto written = ::write(file_.get(), left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return std::unexpected(client::system_error(errno, "write", temporary_));
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  // Nothing that has this name already is replaced.
  Status finish() {
    if (::fsync(file_.get()) != 0) return std::unexpected(client::system_error(errno, "write", temporary_));
    if (::link(temporary_.c_str(), name_.c_str()) != 0) {
      if (errno == EEXIST) return std::unexpected(already_there(name_));
      return std::unexpected(client::system_error(errno, "write", name_));
    }
    return {};
  }

 private:
  ExportFile(std::string name, std::string temporary, client::FileDescriptor file)
      : name_(std::move(name)), temporary_(std::move(temporary)), file_(std::move(file)) {}

  std::string name_;
  std::string temporary_;
  client::FileDescriptor file_;
};

Result<std::size_t> export_to(const std::string& name, client::Client& client, client::MessageQuery query, bool json) {
  if (::access(name.c_str(), F_OK) == 0) return std::unexpected(already_there(name));
  auto file = ExportFile::create(name);
  if (!file) return client::pass(file);
  std::size_t count = 0;
  query.after = 0;
  query.limit = export_page;
  for (;;) {
    auto page = client.find(query);
    if (!page) return client::pass(page);
    if (page->empty()) break;
    for (const auto& message : *page)
      if (auto done = (*file)->write(json ? message_object(message).text() : message_line(message)); !done)
        return client::pass(done);
    count += page->size();
    query.after = page->back().seq;
  }
  if (auto done = (*file)->finish(); !done) return client::pass(done);
  return count;
}

}  // namespace

ExitCode run(const Context& context, const HistoryCommand& command) {
  auto query = query_of(command.period);
  if (!query) return context.fail(query.error());
  query->peer = command.peer;
  query->limit = command.limit;
  return print_found(context, *query);
}

ExitCode run(const Context& context, const SearchCommand& command) {
  auto query = query_of(command.period);
  if (!query) return context.fail(query.error());
  query->peer = command.with;
  query->words = command.words;
  query->limit = command.limit;
  return print_found(context, *query);
}

ExitCode run(const Context& context, const ExportCommand& command) {
  auto query = query_of(command.period);
  if (!query) return context.fail(query.error());
  query->peer = command.peer;
  auto opened = context.open();
  if (!opened) return context.fail(opened.error());
  auto count = export_to(command.file, **opened, std::move(*query), command.format == "json");
  if (!count) return context.fail(count.error());
  if (context.output.json())
    context.output.object(json_object("exported").add("file", command.file).add("messages", *count));
  else
    context.output.line(std::to_string(*count) + " messages are in " + command.file +
                        ", readable for whoever may read that file");
  return ExitCode::ok;
}

}  // namespace pqc::cli
