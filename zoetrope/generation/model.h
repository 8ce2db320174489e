#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/generation/family.h"
#include "zoetrope/generation/frame_sink.h"

namespace zoetrope::generation {

/// A model that generates: load once, generate as often as wanted.
class Model {
 public:
  static Model load(const ModelFiles& files, const Placement& placement);

  const Defaults& defaults() const { return defaults_; }
  autoencoder::Geometry geometry() const { return components_.autoencoder->geometry(); }
  /// Tells this model's weights from others: SHA-256 over its configurations and, of each weight file, header, size and beginning.
  const std::string& fingerprint() const { return fingerprint_; }

  /// Refuses a request that this model cannot do, with a sentence that names the flag and what would be right.
  void check(const Request& request) const;

  /// The end of a prompt that is longer than what this model reads; empty where all of it is read.
  std::string unread(const Request& request) const;

  /// What a checked request will take on this machine, whose speed is measured for it.
  base::Expectation expect(const Request& request) const;

  /// Generates a checked request into the sink: known tokens -> sampling -> decoding, latent frame by latent frame. Between steps the
  /// observer may cancel. What needs more memory than the machine has is refused. `finish` is left to the caller.
  void generate(const Request& request, FrameSink& sink, base::Observer& observer) const;

 private:
  Model(const Family& family, Defaults defaults, Components components, std::string fingerprint, const Placement& placement)
      : family_(&family),
        defaults_(std::move(defaults)),
        components_(std::move(components)),
        fingerprint_(std::move(fingerprint)),
        placement_(placement) {}

  /// What is wanted, and what guidance leads away from.
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
