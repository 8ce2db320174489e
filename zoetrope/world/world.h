#pragma once
#include "zoetrope/data/dataset.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// The toy world as an endless data set: example i is drawn from the settings' seed and i alone, in any order, on any thread.
class World : public data::Dataset {
 public:
  /// Checks the settings and makes all images, so that a missing font is told at once.
  explicit World(Settings settings);

  data::Example example(uint64_t index, const data::ClipShape& shape) const override;
  /// What example `index` shows, without painting it.
  Scenario scenario(uint64_t index, const data::ClipShape& shape) const;
  const Settings& settings() const { return settings_; }
  /// A hash of the settings and of the version of the drawing: caches of what this world draws hang on it.
  std::string fingerprint() const;

 private:
  Settings settings_;
};

}  // namespace zoetrope::world
