#include "zoetrope/serving/decode/confine.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace zoetrope::serving {
namespace {

constexpr int fine = 0, wrong = 1;

/// How a confined child ends that does this: its exit code, or minus the signal that ended it.
int confined(const std::function<int()>& act, int64_t bytes = int64_t{1} << 30, double seconds = 30) {
  const Confinement confinement;
  const pid_t child = ::fork();
  if (child == 0) {
    confinement.apply(bytes, seconds);
    ::_exit(act());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int is_refused(int64_t result) { return result < 0 && (errno == EPERM || errno == EMFILE) ? fine : wrong; }

TEST(Confinement, LeavesReadingMemoryThreadsAndTheEnd) {
  const int file = ::open("LICENSE", O_RDONLY);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_EQ(confined([&] {
              char bytes[16];
              if (::pread(file, bytes, sizeof bytes, 4) != 16) return wrong;
              std::string much(size_t{1} << 24, 'x');
              int seen = 0;
              std::thread([&] { seen = much[5]; }).join();
              return seen == 'x' ? fine : wrong;
            }),
            fine);
  ::close(file), ::close(ends[0]), ::close(ends[1]);
}

TEST(Confinement, RefusesFilesAndOtherDescriptors) {
  EXPECT_EQ(confined([] { return is_refused(::open("/etc/passwd", O_RDONLY)); }), fine);
  EXPECT_EQ(confined([] { return is_refused(::open("made", O_CREAT | O_WRONLY, 0600)); }), fine);
  EXPECT_EQ(confined([] { return is_refused(::unlink("LICENSE")); }), fine);
  EXPECT_EQ(confined([] { return is_refused(::write(STDERR_FILENO, "x", 1)); }), fine);
  EXPECT_EQ(confined([] { return is_refused(::mkdir("folder", 0700)); }), fine);
  EXPECT_EQ(confined([] { return is_refused(::dup(0)); }), fine);
}

TEST(Confinement, EndsWhatOpensASocketOrStartsAProgramOrAProcess) {
  EXPECT_EQ(confined([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? fine : wrong; }), -SIGSYS);
  EXPECT_EQ(confined([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? fine : wrong; }), -SIGSYS);
  EXPECT_EQ(confined([] { return ::execl("/bin/true", "true", nullptr) < 0 ? fine : wrong; }), -SIGSYS);
  EXPECT_EQ(confined([] { return ::kill(::getppid(), 0) == 0 ? wrong : fine; }), -SIGSYS);
  EXPECT_EQ(confined([] { return is_refused(::fork()); }), fine);  // glibc's is a clone, which is refused if it makes no thread
}

TEST(Confinement, MakesNoMemoryRunnable) {
  EXPECT_EQ(confined([] {
              return is_refused(reinterpret_cast<intptr_t>(
                  ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
            }),
            fine);
  EXPECT_EQ(confined([] {
              void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return is_refused(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
            }),
            fine);
}

TEST(Confinement, LimitsMemoryAndTime) {
  EXPECT_EQ(confined(
                [] {
                  auto mapped = [](size_t bytes) {
                    return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
                  };
                  return mapped(size_t{16} << 20) && !mapped(size_t{64} << 20) ? fine : wrong;
                },
                int64_t{64} << 20),
            fine);
  EXPECT_EQ(confined(
                [] {
                  while (::sched_yield() == 0) {
                  }
                  return fine;
                },
                int64_t{1} << 30, .5),
            -SIGXCPU);
}

}  // namespace
}  // namespace zoetrope::serving
