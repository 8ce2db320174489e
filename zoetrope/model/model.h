#pragma once
#include "zoetrope/model/family.h"

namespace zoetrope::model {

/// A model: loaded once, used often.
class Model {
 public:
  static Model load(const ModelFiles& files, const tensor::Placement& placement);

  const Defaults& defaults() const { return defaults_; }
  const Components& components() const { return components_; }
  const tensor::Placement& placement() const { return placement_; }
  autoencoder::Geometry geometry() const { return components_.autoencoder->geometry(); }
  /// A prompt as the family's text encoder takes it.
  std::string prepare_text(const std::string& prompt) const { return family_->prepare_text(prompt); }
  /// Sentences on what of the files is not used.
  const std::vector<std::string>& notices() const { return components_.notices; }
  /// Identifies this model's weights: SHA-256 over its configurations and, of each weight file, header, size and beginning.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  Model(const Family& family, Defaults defaults, Components components, std::string fingerprint, const tensor::Placement& placement)
      : family_(&family),
        defaults_(std::move(defaults)),
        components_(std::move(components)),
        fingerprint_(std::move(fingerprint)),
        placement_(placement) {}

  const Family* family_;
  Defaults defaults_;
  Components components_;
  std::string fingerprint_;
  tensor::Placement placement_;
};

}  // namespace zoetrope::model
