#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/generation/family.h"
#include "zoetrope/generation/frame_sink.h"

namespace zoetrope::generation {

/// A model that generates: load it once, generate often.
class Model {
 public:
  static Model load(const ModelFiles& files, const Placement& placement);

  const Defaults& defaults() const { return defaults_; }
  autoencoder::Geometry geometry() const { return components_.autoencoder->geometry(); }
  /// Identifies this model's weights: SHA-256 over its configurations and, of each weight file, header, size and beginning.
  const std::string& fingerprint() const { return fingerprint_; }

  /// Refuses a request that this model cannot do; the error names the flag and valid values.
  void check(const Request& request) const;

  /// The part of the prompt after this model's limit, which is not read; empty if all of it is.
  std::string truncated_text(const Request& request) const;

  /// Estimated cost of a checked request on this machine, whose speed is measured.
  base::CostEstimate estimate(const Request& request) const;

  /// Generates a checked request into the sink: conditions -> sampling -> decoding, latent frame by latent frame. The observer may cancel
  /// between steps. Requests that need more memory than the machine has are refused. The caller calls `finish`.
  void generate(const Request& request, FrameSink& sink, base::Observer& observer) const;

 private:
  Model(const Family& family, Defaults defaults, Components components, std::string fingerprint, const Placement& placement)
      : family_(&family),
        defaults_(std::move(defaults)),
        components_(std::move(components)),
        fingerprint_(std::move(fingerprint)),
        placement_(placement) {}

  /// The two branches of guidance: prompt or class, and what guidance leads away from.
  transformer::Conditioning conditioning(const Request& request) const;

  const Family* family_;
  Defaults defaults_;
  Components components_;
  std::string fingerprint_;
  Placement placement_;
};

/// The folder of the model called `name`: a path, or a name that is looked up in the folders of ZOETROPE_MODELS, in `models` beside the
/// program's folder or the current one, and in share/zoetrope/models of the installation. An error lists the places.
std::filesystem::path find_model(const std::string& name);

}  // namespace zoetrope::generation
