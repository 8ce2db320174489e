#include "zoetrope/world/world.h"

#include <thread>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"
#include "zoetrope/world/split.h"

namespace zoetrope::world {
namespace {

const data::ClipShape tiny_clip{5, 48, 48, {8, 1}};

void expect_same(const data::Example& a, const data::Example& b) {
  EXPECT_TRUE(a.clip.frames.equal(b.clip.frames));
  EXPECT_TRUE(a.subject_mask.equal(b.subject_mask));
  EXPECT_EQ(a.caption, b.caption);
  EXPECT_EQ(a.caption_zh, b.caption_zh);
  EXPECT_EQ(a.truth, b.truth);
}

TEST(World, GivesWhatASourcePromises) {
  data::Example e = World(Settings()).example(3, tiny_clip);
  EXPECT_EQ(e.clip.frames.sizes(), (std::vector<int64_t>{5, 48, 48, 3}));
  EXPECT_EQ(e.clip.frames.scalar_type(), at::kByte);
  EXPECT_EQ(e.clip.fps, tiny_clip.fps);
  EXPECT_EQ(e.subject_mask.sizes(), (std::vector<int64_t>{5, 48, 48}));
  EXPECT_FALSE(e.caption.empty() || e.caption_zh.empty());
  EXPECT_EQ(e.truth["objects"][0]["frames"].size(), 5u);
}

TEST(World, IsTheSameInAnyOrderAndOnAnyThread) {
  constexpr int count = 48;
  Settings settings;
  settings.max_objects = 2;
  std::vector<data::Example> forward, together(count);
  {
    World world(settings);
    for (int i = 0; i < count; ++i) forward.push_back(world.example(i, tiny_clip));
  }
  World world(settings);
  std::vector<std::thread> threads;
  for (int k = 0; k < 4; ++k)
    threads.emplace_back([&, k] {
      for (int i = count - 1 - k; i >= 0; i -= 4) together[i] = world.example(i, tiny_clip);
    });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < count; ++i) expect_same(forward[i], together[i]);
}

TEST(World, AnotherSeedIsAnotherWorld) {
  Settings other;
  other.seed = 1;
  int differ = 0;
  for (int i = 0; i < 10; ++i)
    differ += !World(Settings()).example(i, tiny_clip).clip.frames.equal(World(other).example(i, tiny_clip).clip.frames);
  EXPECT_EQ(differ, 10);
}

TEST(World, ScenarioTellsWhatTheExampleShows) {
  World world((Settings()));
  for (int i = 0; i < 10; ++i) {
    Scenario s = world.scenario(i, tiny_clip);
    base::Json truth = world.example(i, tiny_clip).truth;
    EXPECT_EQ(truth["scene"], s.scene);
    EXPECT_EQ(truth["objects"][0]["name"], s.objects[0].name);
    EXPECT_FALSE(held_out(s));
  }
}

TEST(World, FingerprintFollowsTheSettings) {
  Settings other;
  other.split = Split::held_out;
  EXPECT_EQ(World(Settings()).fingerprint(), World(Settings()).fingerprint());
  EXPECT_NE(World(Settings()).fingerprint(), World(other).fingerprint());
  EXPECT_EQ(World(Settings()).fingerprint().size(), 64u);
}

TEST(World, RefusesSettingsThatCannotBe) {
  Settings settings;
  settings.objects = {"unicorn"};
  EXPECT_THROW(World{settings}, base::UsageError);
}

}  // namespace
}  // namespace zoetrope::world
