#include "zoetrope/training/transfer.h"

#include <gtest/gtest.h>

#include "tests/data/dots.h"
#include "tests/model/tiny_model.h"
#include "tests/random_weights.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"

namespace zoetrope::training {
namespace {

constexpr data::ClipShape clip{.frames = 5, .height = 32, .width = 32};
constexpr int64_t examples = 6;

/// An autoencoder whose latents are those of another, times a matrix.
class Mixed : public autoencoder::VideoAutoencoder {
 public:
  Mixed(const autoencoder::VideoAutoencoder& inner, Tensor matrix) : inner_(inner), matrix_(std::move(matrix)) {}
  autoencoder::Geometry geometry() const override { return {inner_.geometry().time, inner_.geometry().space, matrix_.size(1)}; }
  base::Cost decode_cost(int64_t, int64_t, int64_t) const override { return {}; }
  Tensor encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const override {
    return at::einsum("bcthw,cd->bdthw", {inner_.encode_chunk(frames, cache), matrix_});
  }
  Tensor decode_chunk(const Tensor&, nn::FeatureCache&) const override { throw base::Error("this autoencoder does not decode"); }

 private:
  const autoencoder::VideoAutoencoder& inner_;
  Tensor matrix_;
};

struct TransferTest : testing::Test {
  TransferTest() {
    test::write_tiny_autoencoder(folder.path);
    autoencoder = autoencoder::native::load(folder / "vae", {});
  }
  LatentMaps maps_to(const Tensor& matrix) { return fit_latent_maps(*autoencoder, Mixed(*autoencoder, matrix), dataset, clip, examples); }

  TemporaryFolder folder;
  data::test::Dots dataset{1};
  std::unique_ptr<autoencoder::native::Autoencoder> autoencoder;
};

Tensor matrix(int64_t rows, int64_t columns) {
  at::Generator generator = base::generator(3);
  return base::randn({rows, columns}, generator);
}

TEST_F(TransferTest, FindsTheMapBetweenLatents) {
  LatentMaps maps = maps_to(matrix(4, 6));
  EXPECT_GT(maps.explained, 0.999);
  EXPECT_TRUE(at::allclose(at::matmul(maps.forward, maps.backward), at::eye(4), 0.05, 0.05)) << "there and back";
  EXPECT_FALSE(maps.same());
}

TEST_F(TransferTest, KnowsLatentsThatAreTheSame) {
  EXPECT_TRUE(fit_latent_maps(*autoencoder, *autoencoder, dataset, clip, examples).same());
  EXPECT_FALSE(maps_to(at::eye(4).flip(0)).same());
}

TEST_F(TransferTest, TellsLessOfFewerChannels) {
  Mixed narrow(*autoencoder, matrix(4, 1));
  EXPECT_LT(fit_latent_maps(narrow, *autoencoder, dataset, clip, examples).explained, 0.99);
}

TEST_F(TransferTest, RefusesOtherCompression) {
  struct Coarser : Mixed {
    using Mixed::Mixed;
    autoencoder::Geometry geometry() const override { return {4, 16, 4}; }
  } coarser(*autoencoder, at::eye(4));
  EXPECT_THROW(fit_latent_maps(*autoencoder, coarser, dataset, clip, examples), base::UsageError);
}

TEST_F(TransferTest, TheDenoiserSaysTheSameOfOtherLatents) {
  transformer::native::Config before = test::tiny_denoiser(), after = before;
  after.latent_channels = 6;
  auto weights = random_weights(2);
  transformer::native::Denoiser old(tensor::Weights(weights), before);
  Tensor mix = matrix(4, 6);
  LatentMaps maps{mix, at::linalg_pinv(mix), 1};
  tensor::TensorMap stored(weights.parameters());
  TransferredDenoiser carried(stored, maps, after);
  transformer::native::Denoiser transferred(tensor::Weights(carried), after);

  at::Generator generator = base::generator(4);
  Tensor latents = base::randn({1, 4, 2, 4, 4}, generator);
  transformer::Conditioning text{{base::randn({1, 3, 16}, generator), at::ones({1, 3}, at::kLong)}};
  transformer::TokenTimesteps timesteps{at::full({1, 1}, 0.5), {}};
  auto predict = [&](const transformer::native::Denoiser& denoiser, const Tensor& x) {
    return denoiser.predict(x, timesteps, *denoiser.begin(text, denoiser.layout(2, 4, 4)));
  };
  at::NoGradGuard no_grad;
  auto mixed = [&](const Tensor& x) { return at::einsum("bcthw,cd->bdthw", {x, mix}); };
  EXPECT_TRUE(at::allclose(predict(transferred, mixed(latents)), mixed(predict(old, latents)), 1e-3, 1e-3));
  EXPECT_GT((predict(transferred, mixed(latents) + base::randn({1, 6, 2, 4, 4}, generator)) - mixed(predict(old, latents)))
                .abs()
                .max()
                .item<double>(),
            0.01)
      << "what the old latents do not tell is seen, too";
  Tensor in = carried.get("patch_in.weight", {16, 6 * 4});
  EXPECT_GT(at::linalg_svdvals(in).min().item<double>(), 0.01);
}

TEST_F(TransferTest, KeepsEmbeddingsAcrossVocabularies) {
  text::train_vocabulary({"a red cat", "a blue cat", "a red dog"}, 300, folder / "before.model");
  text::train_vocabulary({"a red cat", "a blue horse", "a blue cat", "a red horse", "the horse"}, 300, folder / "after.model");
  text::Tokenizer before(folder / "before.model"), after(folder / "after.model");
  at::Generator generator = base::generator(5);
  Tensor table = base::randn({before.vocabulary_size(), 8}, generator), carried = transfer_embeddings(table, before, after);
  ASSERT_EQ(carried.sizes(), (std::vector<int64_t>{after.vocabulary_size(), 8}));
  int same = 0, made = 0;
  for (int64_t id = 0; id < after.vocabulary_size(); ++id) {
    int64_t known = -1;
    for (int64_t other = 0; other < before.vocabulary_size(); ++other)
      if (before.piece(other) == after.piece(id)) known = other;
    if (known >= 0) {
      EXPECT_TRUE(carried[id].equal(table[known])) << after.piece(id);
      ++same;
    } else {
      std::vector<int64_t> parts = before.encode(after.decode({id}));
      parts.pop_back();
      EXPECT_TRUE(at::allclose(carried[id], table.index_select(0, at::tensor(parts)).mean(0), 1e-5, 1e-6)) << after.piece(id);
      ++made;
    }
  }
  EXPECT_GT(same, 100);
  EXPECT_GT(made, 0) << "the other vocabulary has words of its own";
}

}  // namespace
}  // namespace zoetrope::training
