#include "zoetrope/base/spool.h"

#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace zoetrope::base {
namespace {

/// Puts tensors of three dtypes, strided and empty ones in, and asks for them in another order.
void put_and_get() {
  std::vector<Tensor> tensors = {at::rand({3, 4, 5}), at::rand({4, 6}).t(), at::rand({7}).to(at::kBFloat16), at::arange(9),
                                 at::empty({0, 2})};
  Spool spool;
  for (const Tensor& tensor : tensors) spool.put(tensor);
  for (size_t i = tensors.size(); i-- > 0;) {
    EXPECT_EQ(spool.get(i).scalar_type(), tensors[i].scalar_type());
    EXPECT_TRUE(at::equal(spool.get(i), tensors[i])) << i;
  }
}

/// Sets TMPDIR, and puts back what it was.
class TemporaryFiles {
 public:
  explicit TemporaryFiles(const std::filesystem::path& folder) { ::setenv("TMPDIR", folder.c_str(), 1); }
  ~TemporaryFiles() { was_.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", was_.c_str(), 1); }

 private:
  std::string was_ = std::getenv("TMPDIR") == nullptr ? "" : std::getenv("TMPDIR");
};

TEST(Spool, GivesBackWhatWasPut) {
  TemporaryFolder folder;
  TemporaryFiles there(folder.path);
  put_and_get();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

TEST(Spool, KeepsWhatWasPutNotWhatBecameOfIt) {
  Tensor tensor = at::ones({4});
  Spool spool;
  spool.put(tensor);
  tensor.zero_();
  EXPECT_TRUE(at::equal(spool.get(0), at::ones({4})));
}

TEST(Spool, WorksWithoutAFolder) {
  TemporaryFiles there("/no/such/folder");
  put_and_get();
}

TEST(Spool, WorksWhereTheDiskIsFull) {
  rlimit was{};
  ::getrlimit(RLIMIT_FSIZE, &was);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit small{.rlim_cur = 100, .rlim_max = was.rlim_max};  // bytes of a file: the first tensor has more
  ::setrlimit(RLIMIT_FSIZE, &small);
  put_and_get();
  ::setrlimit(RLIMIT_FSIZE, &was);
}

}  // namespace
}  // namespace zoetrope::base
