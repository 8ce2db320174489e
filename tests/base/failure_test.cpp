#include "zoetrope/base/failure.h"

#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::base {
namespace {

template <class Error>
Failure told(const Error& error) {
  return failure_of(std::make_exception_ptr(error));
}

TEST(Failure, NamesTheFieldThatIsToBlame) {
  EXPECT_EQ(told(base::InvalidRequest("frames", "must be {}", 5)), (Failure{"invalid_request", "frames must be 5", "frames"}));
  EXPECT_EQ(told(base::UsageError("so not")), (Failure{"invalid_request", "so not"}));
}

TEST(Failure, TellsLackOfMemoryFromOtherErrors) {
  EXPECT_EQ(told(std::bad_alloc()).code, "out_of_memory");
  EXPECT_EQ(told(base::Error("the disk is full")), (Failure{"server_error", "the disk is full"}));
  try {
    at::empty({int64_t{1} << 60});
    FAIL() << "so much memory there is not";
  } catch (...) {
    EXPECT_EQ(failure_of(std::current_exception()).code, "out_of_memory");
  }
  try {
    at::zeros({2}).add(at::zeros({3}));
    FAIL();
  } catch (...) {
    const Failure failure = failure_of(std::current_exception());
    EXPECT_EQ(failure.code, "server_error");
    EXPECT_EQ(failure.message.find('\n'), std::string::npos);
  }
  EXPECT_EQ(told(3).code, "server_error");
  EXPECT_EQ(told(base::Cancelled()).code, "cancelled");
}

}  // namespace
}  // namespace zoetrope::base
