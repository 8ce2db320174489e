#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/diffusion/levels.h"
#include "zoetrope/diffusion/parameterization.h"
#include "zoetrope/diffusion/variance_preserving.h"
#include "zoetrope/generation/class_labels.h"
#include "zoetrope/generation/conditions.h"
#include "zoetrope/generation/model_files.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/text/encoder.h"
#include "zoetrope/transformer/denoiser.h"

namespace zoetrope::generation {

/// Where a model computes.
struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType compute = at::kFloat;
};

/// The way from noise to data that a request asks for.
struct Schedule {
  diffusion::Levels levels;
  diffusion::Parameterization parameterization;
  diffusion::VariancePreserving how = {};       // of samplers of variance-preserving diffusion
  std::optional<int64_t> guided_channels = {};  // so many of the first latent channels are guided; all without it
  double second_expert_below = 0;               // the level under which a second denoiser speaks, with the request's `guidance_2`
};

/// Makes something else of what is given than known tokens: what the denoiser is told, for latents [1,C,t,h,w] of `shape`.
using EncodeConditions = std::function<void(const Request&, at::IntArrayRef shape, PlacedConditions&, transformer::Conditioning&)>;

/// A model, loaded.
struct Components {
  std::unique_ptr<text::TextEncoder> text;  // null in models that are told a class
  std::unique_ptr<transformer::Denoiser> denoiser;
  std::unique_ptr<autoencoder::VideoAutoencoder> autoencoder;
  std::function<Schedule(const Request&)> schedule;
  std::optional<ClassLabels> classes = {};  // of models that are told a class
  EncodeConditions encode_conditions = {};  // empty in models that know tokens
};

/// What a model is used with when nobody says otherwise, and what it can do.
struct Defaults {
  Request request;
  std::vector<std::pair<int64_t, int64_t>> sizes;  // width x height it knows best: --aspect chooses among them
  int64_t side_multiple = 16;                      // of width and height
  std::string refuses_conditions = {};             // why the model cannot be given pictures or videos; empty where it can
  bool needs_picture = false;                      // whether it does nothing but animate one
  int64_t longest_clip = 10001;                    // frames
  bool two_experts = false;                        // whether there is a `guidance_2`
  bool variance_preserving = false;                // which samplers it can be sampled with: those of flow matching, or these
  std::vector<Request> presets = {};               // the requests that `preset` stands for, by that field, `request` among them; often none

  /// The preset called `name`, or an error that lists the names.
  const Request& preset(const std::string& name) const;
};

/// How a family of models differs from another: one value in families/NAME.cpp, listed in `families`.
struct Family {
  std::string name;
  /// Whether a folder with this model_index.json is one of the family.
  bool (*recognise)(const base::Json& model_index);
  Defaults (*defaults)(const ModelFiles& files);
  Components (*load)(const ModelFiles& files, const Placement& placement);
  /// A prompt as the family's text encoder wants it.
  std::string (*prepare_text)(const std::string& prompt);
  /// Whether LoRA files can be added to its denoiser.
  bool takes_loras = false;
  /// Whether a denoiser's file without a folder around it is one of the family, by the names in it; null where no such files exist.
  bool (*recognise_file)(const std::filesystem::path& denoiser) = nullptr;
};

/// All families.
const std::vector<Family>& families();

/// The family of a model, or an error that says what its folder or files lack.
const Family& family_of(const ModelFiles& files);

}  // namespace zoetrope::generation
