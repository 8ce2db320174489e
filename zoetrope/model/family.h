#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/diffusion/samplers.h"
#include "zoetrope/diffusion/schedules.h"
#include "zoetrope/model/class_labels.h"
#include "zoetrope/model/model_files.h"
#include "zoetrope/model/sampling_settings.h"
#include "zoetrope/model/trained_on.h"
#include "zoetrope/text/encoder.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::model {

/// How settings lead from noise to data.
struct Schedule {
  diffusion::Sigmas sigmas;
  diffusion::Parameterization parameterization;
  diffusion::SamplerOptions options = {};       // of samplers of variance-preserving diffusion
  std::optional<int64_t> guided_channels = {};  // guide only the first N latent channels; all if unset
  double boundary_ratio = 0;                    // the sigma below which the second expert is used, with `guidance_scale_2`
};

/// An image that is given as a frame of the new clip.
struct GivenImage {
  int64_t frame;
  Tensor fitted;  // [H,W,3] uint8, in the clip's size
  Tensor whole;   // [h,w,3] uint8, as it was given
};

/// Encodes given images as extra conditioning instead of as known tokens, for a clip of `frames` whose latents [1,C,t,h,w] have `shape`.
using ImageConditioning =
    std::function<void(const std::vector<GivenImage>&, int64_t frames, at::IntArrayRef shape, transformer::Conditioning&)>;

/// A model, loaded.
struct Components {
  std::unique_ptr<text::TextEncoder> text;  // null in models of classes
  std::unique_ptr<transformer::Denoiser> denoiser;
  std::unique_ptr<autoencoder::VideoAutoencoder> autoencoder;
  std::function<Schedule(const SamplingSettings&)> schedule;
  std::optional<ClassLabels> classes = {};                // of models of classes
  ImageConditioning image_conditioning = {};              // unset in models with known tokens
  std::unique_ptr<transformer::Denoiser> distilled = {};  // of the preset `distilled_preset`, in models that have it
  std::vector<std::string> notices = {};                  // sentences on what of the files is not used
};

/// What a model is used with by default, and what it can do.
struct Defaults {
  SamplingSettings settings;
  std::vector<std::pair<int64_t, int64_t>> sizes;  // width x height that it does best; an aspect ratio chooses among them
  int64_t size_multiple = 16;                      // of width and height
  std::string conditions_unsupported_reason = {};  // why it takes no images and videos; empty if it takes them
  bool requires_image = false;                     // whether it only animates an image
  bool one_timestep = false;                       // whether it was trained with one timestep per clip, not per token
  int64_t max_frames = 10001;                      // frames
  bool two_experts = false;                        // whether it has a second expert, with a `guidance_scale_2`
  bool makes_classes = false;                      // whether it reads a class instead of a prompt
  bool variance_preserving = false;                // whether it uses those samplers instead of those of flow matching
  std::vector<SamplingSettings> presets = {};      // `settings` among them; often none
  bool streams = false;                            // whether it also makes clips latent frame by latent frame, without an end
  std::vector<std::string> actions = {};           // that can be done in each latent frame, "none" first; empty if it takes none
  std::optional<TrainedOn> trained_on = {};        // of models that know a few things and say which
  std::vector<std::string> few_step_presets = {};  // those among them that only models distilled to a few steps can do
  std::string distilled_preset = {};               // the one of a network that imitates guidance in one evaluation; empty if none does

  /// Whether settings are for that network.
  bool imitates_guidance(const SamplingSettings& s) const { return !distilled_preset.empty() && s.preset == distilled_preset; }
  /// The preset called `name`, or an error that lists the names.
  const SamplingSettings& preset(const std::string& name) const;
};

/// A family of models: one value in families/NAME.cpp, listed in `families`.
struct Family {
  std::string name;
  /// Whether a folder with this model_index.json belongs to the family.
  bool (*recognise)(const base::Json& model_index);
  Defaults (*defaults)(const ModelFiles& files);
  Components (*load)(const ModelFiles& files, const tensor::Placement& placement);
  /// Prepares a prompt for the family's text encoder.
  std::string (*prepare_text)(const std::string& prompt);
  /// Decides how LoRA files are used, and refuses those that cannot be; adds sentences on that to the notices. Null if the family takes
  /// none.
  void (*settle_loras)(ModelFiles& files, std::vector<std::string>& notices) = nullptr;
  /// Whether a denoiser's file without a folder belongs to the family, by the names in it; null if no such files exist.
  bool (*recognise_file)(const ModelFiles& files) = nullptr;
};

/// All families.
const std::vector<Family>& families();

/// The family of a model, or an error that says what its folder or files are missing.
const Family& family_of(const ModelFiles& files);

}  // namespace zoetrope::model
