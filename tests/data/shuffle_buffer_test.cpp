#include "zoetrope/data/shuffle_buffer.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/autoencoder/native/narrow_config.h"
#include "tests/data/dots.h"
#include "zoetrope/autoencoder/native/autoencoder.h"

namespace zoetrope::data {
namespace {

constexpr ClipShape shape{.frames = 5, .height = 16, .width = 32};

struct LatentWindowTest : testing::Test {
  LatentWindowTest() : weights(1, tensor::lecun_normal), autoencoder(tensor::Weights(weights), config()) {}
  static autoencoder::native::Config config() { return zoetrope::test::narrow_config(/*channels=*/3); }
  ShuffleBuffer open(int64_t first = 0, ShuffleSettings settings = {.chunk = 8, .chunks = 3, .repeats = 2, .seed = 5}) {
    return ShuffleBuffer(dataset, autoencoder, shape, /*batch=*/4, settings, first);
  }
  /// The number of the example that a prompt tells.
  static int64_t number(const std::string& prompt) { return std::stoll(prompt.substr(prompt.rfind(' '))); }

  test::Dots dataset;
  tensor::TrainableWeights weights;
  autoencoder::native::Autoencoder autoencoder;
};

TEST_F(LatentWindowTest, GivesBatchesOfEncodedExamplesWithTheirCaptions) {
  LatentBatch batch = open().next();
  EXPECT_EQ(batch.latents.sizes(), (std::vector<int64_t>{4, 3, 2, 2, 4}));
  EXPECT_EQ(batch.subject_mask.sizes(), (std::vector<int64_t>{4, 2, 2, 4}));
  at::NoGradGuard no_grad;
  for (int64_t i = 0; i < 4; ++i) {
    Example example = dataset.example(static_cast<uint64_t>(number(batch.prompts[i])), shape);
    EXPECT_TRUE(batch.prompts[i] == example.caption || batch.prompts[i] == example.caption_zh);
    Tensor latents = autoencoder.encode(autoencoder::to_model_range(example.clip.frames)).to(at::kBFloat16).to(at::kFloat);
    EXPECT_TRUE(batch.latents[i].equal(latents[0]));
  }
}

TEST_F(LatentWindowTest, FocusIsTheShareOfACellThatTheSubjectCovers) {
  LatentBatch batch = open().next();
  EXPECT_GE(batch.subject_mask.min().item<float>(), 0);
  EXPECT_LE(batch.subject_mask.max().item<float>(), 1);
  for (int64_t i = 0; i < 4; ++i) {
    Tensor subject_mask =
        dataset.example(static_cast<uint64_t>(number(batch.prompts[i])), shape).subject_mask.to(at::kFloat).div(255);  // [5,16,32]
    Tensor first = at::avg_pool2d(subject_mask.narrow(0, 0, 1), {8, 8})[0];
    EXPECT_TRUE(batch.subject_mask[i][0].allclose(first, 0, 0.01));
    Tensor later = at::avg_pool2d(subject_mask.narrow(0, 1, 4).unsqueeze(1), {8, 8}).amax(0)[0];
    EXPECT_TRUE(batch.subject_mask[i][1].allclose(later, 0, 0.01));
  }
}

TEST_F(LatentWindowTest, AnActionRulesALatentFrame) {
  EXPECT_FALSE(open().next().actions.defined()) << "nobody acts in this dataset";
  dataset.actions = 7;
  ShuffleBuffer buffer = open();
  int64_t without = 0;
  for (int64_t n = 0; n < 4; ++n) {
    LatentBatch batch = buffer.next();
    ASSERT_EQ(batch.actions.sizes(), (std::vector<int64_t>{4, 2}));
    for (int64_t i = 0; i < 4; ++i) {
      Tensor of_frames = dataset.example(static_cast<uint64_t>(number(batch.prompts[i])), shape).actions;
      Tensor expected = of_frames.defined() ? at::stack({of_frames[0], of_frames[4]}) : at::zeros({2}, at::kLong);
      EXPECT_TRUE(batch.actions[i].equal(expected));
      without += !of_frames.defined();
    }
  }
  EXPECT_GT(without, 0);
}

TEST_F(LatentWindowTest, CutsClipsFromTheMiddleOfAStream) {
  at::NoGradGuard no_grad;
  dataset.actions = 7;
  ClipShape longer = shape;
  longer.frames += 4;
  int64_t cut = 0, whole = 0;
  ShuffleBuffer buffer = open(0, {.chunk = 4, .chunks = 4, .repeats = 1, .stream_prob = .5, .seed = 5});
  for (int64_t n = 0; n < 12; ++n) {
    LatentBatch batch = buffer.next();
    ASSERT_EQ(batch.latents.sizes(), (std::vector<int64_t>{4, 3, 2, 2, 4}));
    for (int64_t i = 0; i < 4; ++i) {
      auto index = static_cast<uint64_t>(number(batch.prompts[i]));
      auto encoded = [&](const ClipShape& of) {
        return autoencoder.encode(autoencoder::to_model_range(dataset.example(index, of).clip.frames)).to(at::kBFloat16).to(at::kFloat)[0];
      };
      if (batch.latents[i].equal(encoded(shape))) {
        ++whole;
        continue;
      }
      ++cut;
      EXPECT_TRUE(batch.latents[i].equal(encoded(longer).narrow(1, 1, 2)));
      Example example = dataset.example(index, longer);
      Tensor actions = example.actions.defined() ? at::stack({example.actions[4], example.actions[8]}) : at::zeros({2}, at::kLong);
      EXPECT_TRUE(batch.actions.defined() ? batch.actions[i].equal(actions) : actions.eq(0).all().item<bool>());
      Tensor covered = at::avg_pool2d(example.subject_mask.narrow(0, 1, 8).to(at::kFloat).div(255).unsqueeze(1), {8, 8}).squeeze(1);
      EXPECT_TRUE(batch.subject_mask[i].allclose(covered.unflatten(0, {2, 4}).amax(1), 0, 0.01));
    }
  }
  EXPECT_GT(cut, 8);
  EXPECT_GT(whole, 8);
}

TEST_F(LatentWindowTest, ImagesAreNotCutFromStreams) {
  at::NoGradGuard no_grad;
  ClipShape image = shape;
  image.frames = 1;
  LatentBatch batch = ShuffleBuffer(dataset, autoencoder, image, 4, {.chunk = 8, .chunks = 1, .repeats = 1, .stream_prob = 1}, 0).next();
  for (int64_t i = 0; i < 4; ++i) {
    Example example = dataset.example(static_cast<uint64_t>(number(batch.prompts[i])), image);
    Tensor latents = autoencoder.encode(autoencoder::to_model_range(example.clip.frames)).to(at::kBFloat16).to(at::kFloat);
    EXPECT_TRUE(batch.latents[i].equal(latents[0]));
  }
}

TEST_F(LatentWindowTest, ABatchIsTheSameWheneverTheWindowIsOpened) {
  const ShuffleSettings settings{.chunk = 8, .chunks = 3, .repeats = 2, .stream_prob = .5, .seed = 5};
  ShuffleBuffer whole = open(0, settings);
  std::vector<LatentBatch> batches;
  for (int64_t i = 0; i < 24; ++i) batches.push_back(whole.next());
  for (int64_t first : {1, 7, 8, 20}) {
    ShuffleBuffer later = open(first, settings);
    for (int64_t i = first; i < std::min<int64_t>(first + 3, 24); ++i) {
      LatentBatch batch = later.next();
      EXPECT_TRUE(batch.latents.equal(batches[i].latents)) << "batch " << i << ", opened at " << first;
      EXPECT_TRUE(batch.subject_mask.equal(batches[i].subject_mask));
      EXPECT_EQ(batch.prompts, batches[i].prompts);
    }
  }
}

TEST_F(LatentWindowTest, MovesOnAsFastAsExamplesAreUsed) {
  ShuffleBuffer window = open();
  constexpr int64_t batches = 40;
  std::set<int64_t> used;
  for (int64_t i = 0; i < batches; ++i)
    for (const std::string& prompt : window.next().prompts) {
      int64_t example = number(prompt), first = i * 4 / 2 / 8 * 8;  // of the window: repeats 2, blocks of 8
      EXPECT_GE(example, first);
      EXPECT_LT(example, first + 3 * 8);
      used.insert(example);
    }
  EXPECT_GT(std::ssize(used), 40);  // 160 uses, twice each on average while the window goes from 0 to 104
}

TEST_F(LatentWindowTest, OpenedLateItDrawsOnlyWhatItNeeds) {
  open(4000).next();
  EXPECT_LE(dataset.drawn, (3 + 2 + 1) * 8);  // the window and what is prefetched
}

TEST_F(LatentWindowTest, UsesCaptionsOfBothLanguages) {
  ShuffleBuffer window = open();
  int64_t english = 0, chinese = 0;
  for (int64_t i = 0; i < 25; ++i)
    for (const std::string& prompt : window.next().prompts) ++(prompt.starts_with("a ") ? english : chinese);
  EXPECT_GT(english, 30);
  EXPECT_GT(chinese, 30);
}

TEST_F(LatentWindowTest, UsesTheCaptionThatThereIs) {
  test::Dots english_only(1, /*chinese=*/false);
  ShuffleBuffer window(english_only, autoencoder, shape, 4, {.chunk = 8, .chunks = 1, .repeats = 4, .seed = 5}, 0);
  for (int64_t i = 0; i < 8; ++i)
    for (const std::string& prompt : window.next().prompts) EXPECT_TRUE(prompt.starts_with("a "));
}

}  // namespace
}  // namespace zoetrope::data
