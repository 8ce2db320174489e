#pragma once
#include "zoetrope/model/family.h"
#include "zoetrope/model/identity.h"

namespace zoetrope::model {

/// A model: loaded once, used often.
class Model {
 public:
  static Model load(const ModelFiles& files, const tensor::Placement& placement);

  const Defaults& defaults() const { return defaults_; }
  const Components& components() const { return components_; }
  const tensor::Placement& placement() const { return placement_; }
  /// The network that the settings use.
  const transformer::Denoiser& denoiser(const SamplingSettings& settings) const {
    return defaults_.imitates_guidance(settings) ? *components_.distilled : *components_.denoiser;
  }
  /// How the settings lead from noise to data; with `timesteps` at just these, to 0.
  Schedule schedule(const SamplingSettings& settings) const;
  autoencoder::Geometry geometry() const { return components_.autoencoder->geometry(); }
  /// A prompt as the family's text encoder takes it.
  std::string prepare_text(const std::string& prompt) const { return family_->prepare_text(prompt); }
  /// Whether LoRA files were given with it.
  bool has_loras() const { return !identity_.loras.empty(); }
  /// Sentences on what of the files is not used.
  const std::vector<std::string>& notices() const { return components_.notices; }
  /// By which names and hashes generated files tell of it.
  const Identity& identity() const { return identity_; }
  /// Identifies this model's weights: the hash of its identity.
  const std::string& fingerprint() const { return identity_.sha256; }

 private:
  Model(const Family& family, Defaults defaults, Components components, Identity identity, const tensor::Placement& placement)
      : family_(&family),
        defaults_(std::move(defaults)),
        components_(std::move(components)),
        identity_(std::move(identity)),
        placement_(placement) {}

  const Family* family_;
  Defaults defaults_;
  Components components_;
  Identity identity_;
  tensor::Placement placement_;
};

}  // namespace zoetrope::model
