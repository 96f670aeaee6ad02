#include "keys/agent/namespaces.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pqc::keys::agent {
namespace {

// As "nobody" every user of the machine would look like ourselves in a user namespace of our own.
TEST(Namespaces, NobodyGetsNoUserNamespace) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  const auto child = fork();
  if (child == 0) _exit(setuid(65534) == 0 && !enter_user_namespace() ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pqc::keys::agent
