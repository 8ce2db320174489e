#include "zoetrope/serving/job.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::serving {
namespace {

TEST(Job, NamesOfStatusesAreReadBack) {
  for (Status status : {Status::queued, Status::in_progress, Status::completed, Status::failed, Status::cancelled})
    EXPECT_EQ(status_of(name_of(status)), status);
  EXPECT_EQ(name_of(Status::in_progress), "in_progress");
  EXPECT_THROW(status_of("done"), base::Error);
}

}  // namespace
}  // namespace zoetrope::serving
