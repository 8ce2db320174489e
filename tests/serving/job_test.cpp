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

TEST(Job, AnIdIsTheKindAnd128Bits) {
  const std::string id = new_id("video");
  EXPECT_TRUE(is_id(id, "video")) << id;
  EXPECT_NE(new_id("video"), id);
  for (const std::string& other : {std::string("video_"), id + "0", "image" + id.substr(5), id.substr(0, 37) + "G", "../" + id.substr(3)})
    EXPECT_FALSE(is_id(other, "video")) << other;
}

}  // namespace
}  // namespace zoetrope::serving
