#include "zoetrope/text/t5_text_encoder.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "tests/text/vocabulary.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::text {
namespace {

/// A model folder with random weights and a vocabulary, written as training would write it.
struct T5TextEncoderTest : testing::Test {
  T5TextEncoderTest() : weights(5, T5Encoder::init(config)), encoder(tensor::Weights(weights), config) {
    train_vocabulary(captions(), 400, folder / "tokenizer/spiece.model");
    write(config);
  }
  void write(const T5Config& config) {
    base::write_file(folder / "text_encoder/config.json", config.to_json().dump());
    tensor::write_safetensors(folder / "text_encoder/model.safetensors", weights.parameters());
  }
  T5Config config{.vocabulary = 400, .width = 24, .head_width = 6, .heads = 3, .feed_forward = 40, .layers = 2};
  TemporaryFolder folder;
  tensor::TrainableWeights weights;
  T5Encoder encoder;
};

TEST_F(T5TextEncoderTest, CountsTheTokensOfAPromptAndTellsHowManyAreRead) {
  T5TextEncoder loaded(folder.path, 6);
  const std::string prompt = "a red ball rolls over the night street";
  ASSERT_TRUE(loaded.length(prompt));
  EXPECT_EQ(loaded.length(prompt)->tokens, std::ssize(Tokenizer(folder / "tokenizer/spiece.model").encode(prompt)));
  EXPECT_EQ(loaded.length(prompt)->limit, 6);
  EXPECT_EQ(loaded.length("")->tokens, 1) << "</s>";
}

TEST_F(T5TextEncoderTest, ReadsAModelFolder) {
  std::vector<std::string> prompts = {"a red ball", "红色的球滚过雪地", ""};
  T5TextEncoder loaded(folder.path, 16);
  TextEmbedding embedding = loaded.encode(prompts);

  Tokens tokens = Tokenizer(folder / "tokenizer/spiece.model").batch(prompts, 16);
  EXPECT_EQ(loaded.width(), 24);
  EXPECT_TRUE(at::equal(embedding.mask, tokens.mask));
  EXPECT_TRUE(at::equal(embedding.states, encoder(tokens.ids, tokens.mask)));
}

TEST_F(T5TextEncoderTest, ReadsItsFileAgainAfterARest) {
  T5TextEncoder loaded(folder.path, 16);
  Tensor before = loaded.encode({"a red ball"}).states;
  loaded.release_memory();
  EXPECT_TRUE(loaded.encode({"a red ball"}).states.equal(before));
}

TEST_F(T5TextEncoderTest, CutsPromptsAtItsLimit) {
  std::string prompt = "a yellow car slides across a snowy field. a dog falls on a meadow. a blue cube bounces on the night street.";
  EXPECT_EQ(T5TextEncoder(folder.path, 5).encode({prompt}).states.size(1), 5);
}

TEST_F(T5TextEncoderTest, FindsItsVocabularyInItsFile) {
  std::string bytes = base::read_file(folder / "tokenizer/spiece.model");
  Tensor vocabulary = at::empty({std::ssize(bytes)}, at::kByte);
  std::ranges::copy(bytes, vocabulary.data_ptr<uint8_t>());
  Tensor expected = T5TextEncoder(folder.path, 16).encode({"a red ball"}).states;
  // As ComfyUI writes text encoders, and whole models with the vocabulary beside or in the encoder.
  for (auto [prefix, place] :
       {std::pair{"", ""}, {"text_encoders.umt5xxl.transformer.", "text_encoders."}, {"cond_stage_model.", "cond_stage_model."}}) {
    std::map<std::string, Tensor> tensors{{std::string(place) + "spiece_model", vocabulary}};
    for (const auto& [name, tensor] : weights.parameters()) tensors[prefix + name] = tensor;
    if (*prefix) tensors["vae.conv.weight"] = tensors["text_encoders.umt5xxl.logit_scale"] = at::zeros({1});
    tensor::write_safetensors(folder / "text_encoder/model.safetensors", tensors);
    tensor::Checkpoint checkpoint(folder / "text_encoder");
    EXPECT_TRUE(has_vocabulary(checkpoint)) << prefix;
    EXPECT_TRUE(T5TextEncoder(std::nullopt, checkpoint, 16).encode({"a red ball"}).states.equal(expected)) << prefix;
  }
  write(config);
  EXPECT_FALSE(has_vocabulary(tensor::Checkpoint(folder / "text_encoder")));
  EXPECT_THROW(T5TextEncoder(std::nullopt, tensor::Checkpoint(folder / "text_encoder"), 16), base::Error);
}

TEST_F(T5TextEncoderTest, RefusesATokenizerOfAnotherModel) {
  T5Config other = config;
  other.vocabulary = 100;
  base::write_file(folder / "text_encoder/config.json", other.to_json().dump());
  EXPECT_THROW(T5TextEncoder(folder.path, 16), base::Error);
}

TEST_F(T5TextEncoderTest, SaysWhatIsMissing) {
  std::filesystem::remove(folder / "tokenizer/spiece.model");
  EXPECT_THROW(T5TextEncoder(folder.path, 16), base::Error);
  EXPECT_THROW(T5TextEncoder(folder / "nowhere", 16), base::Error);
}

}  // namespace
}  // namespace zoetrope::text
