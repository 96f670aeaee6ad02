// The command line of `identity` and `p2p`.
#pragma once

namespace CLI {
class App;
}

namespace pqc::cli {

struct Options;

void add_identity(CLI::App& app, Options& options);
void add_p2p(CLI::App& app, Options& options);

}  // namespace pqc::cli
