#include "zoetrope/serving/decode/confine.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "zoetrope/base/error.h"

namespace zoetrope::serving {

struct Confinement::Filter {
  Filter() : context(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (context == nullptr) throw base::Error("this system cannot confine a process: libseccomp gives no filter");
  }
  ~Filter() { seccomp_release(context); }
  template <class... Conditions>
  void rule(uint32_t action, int call, Conditions... conditions) {
    if (const int code = seccomp_rule_add(context, action, call, sizeof...(conditions), conditions...); code < 0 && code != -EDOM)
      throw base::Error("this system cannot confine a process: a rule of its filter is refused: {}", std::strerror(-code));
  }
  scmp_filter_ctx context;
};

Confinement::Confinement() : filter_(std::make_unique<Filter>()) {
  Filter& f = *filter_;
  // What is open may be read; frames go to one descriptor.
  for (int call : {SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close)}) f.rule(SCMP_ACT_ALLOW, call);
  f.rule(SCMP_ACT_ALLOW, SCMP_SYS(write), SCMP_A0(SCMP_CMP_EQ, STDOUT_FILENO));
  // Memory, of which none can be run.
  for (int call : {SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise)}) f.rule(SCMP_ACT_ALLOW, call);
  for (int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) f.rule(SCMP_ACT_ALLOW, call, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  // Threads of its own, which libraries for HEIC and AVIF start, are confined like it. What glibc asks in an unknown call it asks in
  // `clone`.
  f.rule(SCMP_ACT_ALLOW, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  f.rule(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  for (int call : {SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
                   SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
                   SCMP_SYS(exit), SCMP_SYS(exit_group)})
    f.rule(SCMP_ACT_ALLOW, call);
  // All else is refused. What no library tries that reads pictures is the work of a picture that has taken over: it ends here.
  for (int call : {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
                   SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(io_uring_setup), SCMP_SYS(kill)})
    f.rule(SCMP_ACT_KILL_PROCESS, call);
}

Confinement::~Confinement() = default;

void Confinement::apply(int64_t bytes, double seconds) const {
  auto limit = [](__rlimit_resource_t what, rlim_t most) {
    rlimit now{};
    ::getrlimit(what, &now);
    now.rlim_cur = now.rlim_max = std::min(now.rlim_max, most);
    if (::setrlimit(what, &now) != 0) throw base::Error("this system cannot confine a process: {}", std::strerror(errno));
  };
  int64_t pages = 0;  // of address space that it has now: the libraries, most of all
  std::ifstream("/proc/self/statm") >> pages;
  limit(RLIMIT_AS, static_cast<rlim_t>(pages * ::sysconf(_SC_PAGESIZE) + bytes));
  // At the soft limit SIGXCPU tells the reason; at the hard one, which would be SIGKILL, a process that does not heed it is killed.
  const auto most = static_cast<rlim_t>(std::max(1.0, std::ceil(seconds)));
  const rlimit time{most, most + 5};
  if (::setrlimit(RLIMIT_CPU, &time) != 0) throw base::Error("this system cannot confine a process: {}", std::strerror(errno));
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 0);
  if (const int code = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -errno : seccomp_load(filter_->context); code < 0)
    throw base::Error("this system cannot confine a process: its kernel refuses the filter: {}", std::strerror(-code));
}

}  // namespace zoetrope::serving
