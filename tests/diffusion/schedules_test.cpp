#include "zoetrope/diffusion/schedules.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "zoetrope/base/error.h"

namespace zoetrope::diffusion {
namespace {

TEST(Sigmas, FallFromNoiseToDataInEqualStepsWithoutAShift) { EXPECT_EQ(shifted_sigmas(4, 1), (Sigmas{1, 0.75, 0.5, 0.25, 0})); }

TEST(Sigmas, MoveTowardsNoiseWithTheShift) {
  Sigmas sigmas = shifted_sigmas(2, 3);
  EXPECT_EQ(sigmas.front(), 1);
  EXPECT_DOUBLE_EQ(sigmas[1], 3 * 0.5 / (1 + 2 * 0.5));
  EXPECT_EQ(sigmas.back(), 0);
}

TEST(Sigmas, FallForEveryShiftAndRange) {
  for (double shift : {0.3, 1., 5., 16.})
    for (SigmaRange range : {SigmaRange{}, wan_sigmas, diffusers_sigmas, SigmaRange{0.6}})
      for (int64_t steps : {1, 2, 50}) {
        Sigmas sigmas = shifted_sigmas(steps, shift, range);
        ASSERT_EQ(std::ssize(sigmas), steps + 1);
        EXPECT_EQ(sigmas.back(), 0);
        EXPECT_LE(sigmas.front(), range.ceiling);
        for (int64_t i = 0; i < steps; ++i) EXPECT_GT(sigmas[i], sigmas[i + 1]);
      }
}

TEST(Sigmas, StartExactlyAtAStrengthThatIsUnshiftedFirst) {
  for (double shift : {1., 3., 8.}) EXPECT_NEAR(shifted_sigmas(7, shift, {inverse_time_shift(0.6, shift)}).front(), 0.6, 1e-15);
}

TEST(Sigmas, AreRefusedWithoutStepsOrShift) {
  EXPECT_THROW(shifted_sigmas(0, 1), base::UsageError);
  EXPECT_THROW(shifted_sigmas(4, 0), base::UsageError);
  EXPECT_THROW(shifted_sigmas(4, NAN), base::UsageError);
}

TEST(Sigmas, HaveNoInformationInPureNoiseAndNoNoiseInData) {
  EXPECT_EQ(lambda(1), -INFINITY);
  EXPECT_EQ(lambda(0), INFINITY);
  EXPECT_EQ(lambda(0.5), 0);
}

using testing::HasSubstr;

std::string refusal(const base::Json& json) {
  return complaint([&] { DiscreteSchedule::from_json(json); });
}

TEST(DiscreteSchedule, SpacesItsTimesteps) {
  DiscreteSchedule schedule;
  EXPECT_EQ(schedule.timesteps(4), (std::vector<int64_t>{750, 500, 250, 0}));
  schedule.offset = 1;
  EXPECT_EQ(schedule.timesteps(3), (std::vector<int64_t>{667, 334, 1}));
  schedule.spacing = Spacing::trailing;
  EXPECT_EQ(schedule.timesteps(4), (std::vector<int64_t>{999, 749, 499, 249}));
  schedule.spacing = Spacing::linspace;
  EXPECT_EQ(schedule.timesteps(4), (std::vector<int64_t>{999, 666, 333, 0}));
  EXPECT_EQ(schedule.timesteps(1), (std::vector<int64_t>{0}));
}

TEST(DiscreteSchedule, RefusesMoreStepsThanItHasTimesteps) {
  DiscreteSchedule schedule;
  EXPECT_EQ(schedule.timesteps(1000).size(), 1000u);
  EXPECT_THROW(schedule.timesteps(1001), base::UsageError);
  EXPECT_THROW(schedule.timesteps(0), base::UsageError);
}

TEST(DiscreteSchedule, LetsDdimLandWhereTheNextStepBeginsIfTheTimestepsAreEven) {
  DiscreteSchedule schedule;
  SamplerOptions options;
  EXPECT_EQ(schedule.ddim_sigmas(50, options), schedule.ddpm_sigmas(50));
  EXPECT_TRUE(options.prev_sigmas.empty());
  schedule.ends_in_data = false;
  EXPECT_EQ(schedule.ddim_sigmas(50, options).back(), Parameterization{.alphas_cumprod = schedule.alphas_cumprod}.sigma(0));
  EXPECT_TRUE(options.prev_sigmas.empty());
  schedule.spacing = Spacing::linspace;
  schedule.ddim_sigmas(50, options);
  EXPECT_EQ(options.prev_sigmas.size(), 50u);
}

TEST(DiscreteSchedule, ReadsTheSchedulersOfDiffusers) {
  auto ddim = DiscreteSchedule::from_json({{"_class_name", "DDIMScheduler"}, {"clip_sample", false}, {"set_alpha_to_one", false}});
  EXPECT_TRUE(std::isinf(ddim.options.clip_sample));
  EXPECT_FALSE(ddim.ends_in_data);
  EXPECT_NEAR(ddim.alphas_cumprod[999], linear_alphas_cumprod()[999], 1e-8);
  auto ddpm =
      DiscreteSchedule::from_json({{"_class_name", "DDPMScheduler"}, {"variance_type", "learned_range"}, {"clip_sample_range", 2.0}});
  EXPECT_EQ(ddpm.options.clip_sample, 2);
  EXPECT_EQ(ddpm.options.variance, VarianceType::learned_range);
}

TEST(DiscreteSchedule, RefusesWhatItWouldDoOtherwise) {
  auto with = [](const char* key, const base::Json& value) { return refusal({{"_class_name", "DDIMScheduler"}, {key, value}}); };
  EXPECT_THAT(refusal({{"_class_name", "LMSDiscreteScheduler"}}), HasSubstr("'LMSDiscreteScheduler' is not supported"));
  EXPECT_THAT(with("thresholding", true), HasSubstr("'thresholding'"));
  EXPECT_THAT(with("rescale_betas_zero_snr", true), HasSubstr("'rescale_betas_zero_snr'"));
  EXPECT_THAT(with("trained_betas", {0.1, 0.2}), HasSubstr("'trained_betas'"));
  EXPECT_THAT(with("prediction_type", "v_prediction"), HasSubstr("'prediction_type' in scheduler_config.json is \"v_prediction\""));
  EXPECT_THAT(with("beta_schedule", "squaredcos_cap_v2"), HasSubstr("supported: linear, scaled_linear"));
  EXPECT_THAT(with("variance_type", "learned"), HasSubstr("'variance_type'"));
  EXPECT_THAT(with("timestep_spacing", 3), HasSubstr("'timestep_spacing'"));
  EXPECT_THAT(with("beta_end", 1.5), HasSubstr("from 0.0001 to 1.5"));
  EXPECT_THAT(with("num_train_timesteps", 0), HasSubstr("'num_train_timesteps'"));
}

}  // namespace
}  // namespace zoetrope::diffusion
