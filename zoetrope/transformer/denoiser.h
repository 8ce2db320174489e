#pragma once
#include <memory>
#include <optional>

#include "zoetrope/base/cost.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/text/encoder.h"

namespace zoetrope::transformer {

/// What is computed once per distinct case, for each token: distinct [B,K,D], index [B,N] int64 in 0..K-1 -> [B,N,D]. A single case
/// broadcasts: [B,1,D], and the index is not read.
inline Tensor of_tokens(const Tensor& distinct, const Tensor& index) {
  if (distinct.size(1) == 1) return distinct;
  return distinct.gather(1, index.unsqueeze(-1).expand({-1, -1, distinct.size(-1)}));
}

/// Timesteps of a clip's tokens in the network's own unit: the few distinct ones, and an index per token. What depends on a timestep is
/// computed once per distinct one.
struct TokenTimesteps {
  Tensor values;  // [B,K] fp32, on the CPU; 0 is data, and noise is 1 or the highest timestep of training
  Tensor index;   // [B,N] int64 in 0..K-1, on the device of the latents; may be undefined if K is 1

  /// One timestep for all tokens of a clip: timesteps [B].
  static TokenTimesteps uniform(const Tensor& timesteps) { return {timesteps.to(at::kCPU, at::kFloat).unsqueeze(1), {}}; }

  /// [B,K,D] per distinct timestep -> [B,N,D] per token; a single one broadcasts.
  Tensor of_tokens(const Tensor& t) const { return transformer::of_tokens(t, index); }
};

/// What a denoiser is told beside the noisy latents, for B clips; each family documents which it reads.
struct Conditioning {
  text::TextEmbedding text;
  Tensor image = {};           // [B,M,D] states of an image encoder
  Tensor concat_latents = {};  // [B,C',t,h,w] channels appended to those of the noisy latents
  Tensor label = {};           // [B] int64 classes
  Tensor guidance = {};        // [B] fp32 guidance scales that the network imitates in one evaluation; undefined: it is not told any
  Tensor action = {};          // [B,t] int64, what is done during each latent frame; 0, or undefined, is nothing

  /// That of one of the clips.
  Conditioning row(int64_t index) const {
    auto one = [&](const Tensor& t) { return t.defined() ? t.narrow(0, index, 1) : t; };
    return {{one(text.states), one(text.mask)}, one(image), one(concat_latents), one(label), one(guidance), one(action)};
  }
};

/// A grid of tokens.
struct Grid {
  int64_t t, h, w;
  int64_t tokens() const { return t * h * w; }
};

/// What a token sees of its clip: all of it, or its own latent frame and those before it, as in a stream.
enum class Attends { all, past };

/// How latents become tokens, where these stand, and which of them see each other.
struct TokenLayout {
  Grid grid;
  int64_t patch;     // latent pixels per side; a patch is one latent frame deep
  Tensor positions;  // [N,3] double on the CPU: frame, row and column of each token, as positional embeddings count them
  Attends attends = Attends::all;
  std::optional<int64_t> window = {};  // of `past`: the latent frames that a token sees, its own included, beside the clip's first one
};

/// Refuses a layout in which tokens only see the past: for families that are not made for it.
void check_attends_all(const TokenLayout& layout);

/// What lives from one evaluation of a denoiser to the next: all that does not depend on the noisy latents and their timesteps. Each family
/// has its own, made by its `begin`. The denoiser itself never changes.
class RunContext {
 public:
  virtual ~RunContext() = default;
  /// Called between two blocks: throws `Cancelled` if the evaluation should stop.
  void between_blocks() const {
    if (observer != nullptr) observer->throw_if_cancelled();
  }

  const base::Observer* observer = nullptr;  // who may cancel; null if nobody
};

/// Predicts the denoising direction from noisy latents. It cuts the patches itself.
class Denoiser {
 public:
  virtual ~Denoiser() = default;
  /// Begins a run of evaluations of the B clips of a conditioning. Everything is on the device of the weights. Latents that cannot be cut
  /// into patches, and a conditioning that lacks what the network reads, are refused.
  virtual std::unique_ptr<RunContext> begin(const Conditioning& conditioning, const TokenLayout& layout) const = 0;
  /// latents [B,C,t,h,w] -> raw output of the same shape in fp32, with twice the channels in models that also predict a variance; its
  /// meaning is the family's parameterization. `run` is from this denoiser's `begin`.
  virtual Tensor predict(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& run) const = 0;
  /// Latent pixels per side of a patch.
  virtual int64_t patch() const = 0;
  /// Estimated cost of one evaluation of `clips` clips.
  virtual base::Cost cost(const Grid& grid, int64_t clips) const = 0;

  /// The tokens of latents with t frames of h x w, at positions that begin at 0.
  TokenLayout layout(int64_t t, int64_t h, int64_t w) const;
  Grid grid(int64_t t, int64_t h, int64_t w) const { return {t, h / patch(), w / patch()}; }
  /// A single evaluation: a run of its own.
  Tensor predict_once(const Tensor& latents, const TokenTimesteps& timesteps, const Conditioning& conditioning) const;
};

/// A denoiser whose clips can go on without an end. A stream is a run of a layout in which tokens see their past, a few latent frames at a
/// time: `predict` evaluates the next ones against those that were appended, as often as is needed; `append` makes them part of the past,
/// and the run moves on. What is held grows with the window of the layout, not with the stream.
class StreamingDenoiser : public Denoiser {
 public:
  /// Appends the latents of a stream's next frames [B,C,t,h,w] as later frames shall see them, at their timesteps: at a small sigma, a
  /// network that was trained on it forgives the errors of what it has made itself.
  virtual void append(const Tensor& latents, const TokenTimesteps& timesteps, RunContext& run) const = 0;
  /// Tells a run another prompt, guidance scale and action from the next evaluation on; appended frames stay as they are.
  virtual void set_conditioning(const Conditioning& conditioning, RunContext& run) const = 0;
  /// Tells a run the actions of its next frames, [B,t] as in `Conditioning`, and keeps the rest.
  virtual void set_action(const Tensor& action, RunContext& run) const = 0;
  /// How many actions the network knows, "none" among them; 0: it takes none.
  virtual int64_t actions() const = 0;
};

}  // namespace zoetrope::transformer
