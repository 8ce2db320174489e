#include "zoetrope/diffusion/guidance.h"

#include <gtest/gtest.h>

#include "zoetrope/base/random.h"

namespace zoetrope::diffusion {
namespace {

struct GuidanceTest : testing::Test {
  at::Generator generator = base::generator(1);
  Tensor conditional = base::randn({2, 4, 3, 8, 8}, generator), unconditional = base::randn({2, 4, 3, 8, 8}, generator);
};

TEST_F(GuidanceTest, OfOneIsConditionalAndOfZeroUnconditional) {
  EXPECT_TRUE(at::allclose(Guidance{1}.guide(conditional, unconditional), conditional, 1e-5, 1e-6));
  EXPECT_TRUE(at::equal(Guidance{0}.guide(conditional, unconditional), unconditional));
}

TEST_F(GuidanceTest, ContinuesInTheDirectionOfThePrompt) {
  Tensor guided = Guidance{4}.guide(conditional, unconditional);
  EXPECT_TRUE(at::allclose(guided - conditional, 3 * (conditional - unconditional), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(Guidance{7}.guide(conditional, conditional), conditional)) << "nothing to go away from";
}

TEST_F(GuidanceTest, AppliesInItsInterval) {
  Guidance guidance{4, {0.2, 0.8}};
  EXPECT_FALSE(guidance.applies(0.9));
  EXPECT_TRUE(guidance.applies(0.8));
  EXPECT_TRUE(guidance.applies(0.2));
  EXPECT_FALSE(guidance.applies(0.1));
  EXPECT_FALSE(Guidance{1}.applies(0.5));
}

TEST_F(GuidanceTest, CanHaveAnotherScaleAtLowSigmas) {
  Guidance guidance{.scale = 4, .scale_2 = 1, .boundary = 0.9};
  EXPECT_TRUE(guidance.guide(conditional, unconditional, 0.9).equal(Guidance{4}.guide(conditional, unconditional)));
  EXPECT_TRUE(guidance.guide(conditional, unconditional, 0.89).equal(Guidance{1}.guide(conditional, unconditional)));
  EXPECT_TRUE(guidance.applies(0.9));
  EXPECT_FALSE(guidance.applies(0.89));
}

TEST_F(GuidanceTest, RescalesEachClipToTheConditionalDeviation) {
  Tensor guided = Guidance{6, {}, 1}.guide(conditional, unconditional);
  EXPECT_TRUE(at::allclose(guided.flatten(1).std(1), conditional.flatten(1).std(1)));
  Tensor plain = Guidance{6}.guide(conditional, unconditional), half = Guidance{6, {}, 0.5}.guide(conditional, unconditional);
  EXPECT_TRUE(at::allclose(half, (plain + guided) / 2, 1e-4, 1e-5));
}

TEST_F(GuidanceTest, CanLeaveTheLastChannelsAlone) {
  Tensor guided = Guidance{.scale = 4, .channels = 3}.guide(conditional, unconditional);
  EXPECT_TRUE(guided.narrow(1, 0, 3).equal(Guidance{4}.guide(conditional, unconditional).narrow(1, 0, 3)));
  EXPECT_TRUE(guided.narrow(1, 3, 1).equal(conditional.narrow(1, 3, 1)));
}

}  // namespace
}  // namespace zoetrope::diffusion
