#include "zoetrope/evaluation/playing.h"

#include <gmock/gmock.h>

#include "tests/evaluation/small_world.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::evaluation {
namespace {

using testing::Each;

constexpr int64_t played_clips = 2, played_group = 4;
constexpr uint64_t playing_seed = 4;

struct Playing : testing::Test {
  Playing() {
    defaults.width = defaults.height = 48;
    defaults.fps = {16, 1};
    defaults.frames = 1;
  }
  Report evaluate(const Stream& stream) {
    tensor::TensorMap source(weights);
    return playing({tensor::Weights(source), names}, world, defaults, played_group, played_clips, playing_seed, stream, observer);
  }
  static std::map<std::string, Score> rows(const Report& report) {
    std::map<std::string, Score> rows;
    for (const Score& score : report.scores) rows[score.name] = score;
    return rows;
  }
  static vision::RecogniserConfig judge() {
    vision::RecogniserConfig config = recogniser_of(test::small_world());
    config.frame = vision::test::tiny_frame();
    config.motion = vision::test::tiny_motion();
    return config;
  }
  /// The frames that are missing of what was asked.
  static Continuation stands_still(const Played& played) {
    const int64_t latents = std::ssize(played.actions), made = (latents - 1) * played_group + 1 - played.given.size(0);
    return {(played.given[-1].to(at::kFloat) / 255).expand({made, -1, -1, -1}), .5};
  }

  vision::RecogniserConfig names = judge();
  std::map<std::string, Tensor> weights = vision::test::random_weights(names);
  generation::Request defaults;
  world::World world = held_out_world(test::small_world(), playing_seed);
  base::Observer observer;
};

TEST_F(Playing, WhatStandsStillFollowsNothingAndIsAsGoodAsChance) {
  std::vector<Played> asked;
  const auto scores = rows(evaluate([&](const Played& played) {
    asked.push_back(played);
    return stands_still(played);
  }));
  for (const char* moved : {"followed left", "followed right", "followed jump", "followed grow", "followed shrink"}) {
    const auto row = scores.find(moved);
    EXPECT_TRUE(row == scores.end() || row->second.value == 0) << moved;
  }
  for (const char* horizon : {"psnr 1 s", "psnr 8 s"}) EXPECT_NEAR(scores.at(horizon).value, *scores.at(horizon).chance, 1e-6) << horizon;
  EXPECT_GT(scores.at("frames_per_second").value, 0);
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked[0].given.size(0), 9);
  EXPECT_THAT(asked[0].actions, Each(world::Action::none));  // the first episode
}

TEST_F(Playing, EachActionIsAskedForAfterTheGivenFrames) {
  std::set<world::Action> first;
  evaluate([&](const Played& played) {
    if (played.given.size(0) == 9 && played.actions.size() == 7) first.insert(played.actions[3]);
    return stands_still(played);
  });
  for (auto action : {world::Action::none, world::Action::left, world::Action::jump, world::Action::drop, world::Action::shrink})
    EXPECT_TRUE(first.contains(action)) << world::name_of(action);
}

TEST_F(Playing, RefusesARateAtWhichAnActionIsNoLatentFrame) {
  defaults.fps = {8, 1};
  EXPECT_THROW(evaluate(stands_still), base::Error);
}

}  // namespace
}  // namespace zoetrope::evaluation
