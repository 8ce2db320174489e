#include "cli/aliases.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"

namespace zoetrope::cli {
namespace {

using testing::ElementsAre;

TEST(Aliases, AreTheSpellingsOfOtherPrograms) {
  for (const char* name : {"num_inference_steps", "num-inference-steps", "sample_steps", "infer-steps"})
    EXPECT_EQ(our_flag(name), "steps") << name;
  for (const char* name : {"cfg", "cfg-scale", "guidance_scale", "sample_guide_scale"}) EXPECT_EQ(our_flag(name), "guidance") << name;
  EXPECT_EQ(our_flag("num_frames"), "frames");
  EXPECT_EQ(our_flag("text_encoder"), "text-encoder");
  EXPECT_EQ(our_flag("levitate"), "levitate");
}

TEST(Aliases, BecomeOurFlagsOnTheCommandLine) {
  EXPECT_THAT(use_our_flags({"-q", "generate", "--cfg", "5", "--num_frames=9", "a_prompt", "-s", "-1", "-o", "a_b.mp4"}),
              ElementsAre("-q", "generate", "--guidance", "5", "--frames=9", "a_prompt", "--seed", "-1", "-o", "a_b.mp4"));
  EXPECT_THAT(use_our_flags({"generate", "--width", "832", "-p", "x", "--height=480"}),
              ElementsAre("generate", "-p", "x", "--size", "832x480"));
  EXPECT_THAT(use_our_flags({"generate", "-W", "64", "-H", "48"}), ElementsAre("generate", "--size", "64x48"));
  EXPECT_THAT(use_our_flags({"train", "denoiser", "--batch_size", "-s", "--cfg"}),
              ElementsAre("train", "denoiser", "--batch-size", "-s", "--cfg"));
  EXPECT_THAT(use_our_flags({"--config", "a.toml", "generate", "--cfg", "5"}),
              ElementsAre("--config", "a.toml", "generate", "--guidance", "5"));
  EXPECT_THAT(use_our_flags({"generate", "--", "--cfg"}), ElementsAre("generate", "--", "--cfg"));
  EXPECT_THAT(complaint([] { use_our_flags({"generate", "--width", "64"}); }), testing::StartsWith("--width needs --height"));
}

}  // namespace
}  // namespace zoetrope::cli
