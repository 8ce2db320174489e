#pragma once

#include "tests/vision/tiny_recogniser.h"
#include "zoetrope/evaluation/recogniser/dataset.h"
#include "zoetrope/world/layer.h"

namespace zoetrope::evaluation::test {

/// A corner of the world with everything that judging tells apart: emoji and shapes, colours, motions with and without a direction.
inline world::Settings small_world() {
  world::Settings settings;
  settings.objects = {"cat", "car", "banana"};
  settings.shapes = {"circle", "star"};
  settings.colours = {"red", "blue"};
  settings.scenes = {"meadow", "desert", "plain grey"};
  settings.motions = {"rolls", "flies", "falls", "grows"};
  return settings;
}

/// The lists of that corner, with networks that judge in no time.
inline vision::RecogniserConfig tiny_judge() {
  vision::RecogniserConfig config = recogniser_of(small_world());
  config.frame = vision::test::tiny_frame();
  config.motion = vision::test::tiny_motion();
  return config;
}

/// What an object covers at `pose`, [height,width] in 0..1. Lengths of the pose are in parts of the shorter side.
inline Tensor silhouette(const world::Object& object, const world::Pose& pose, int64_t height = 48, int64_t width = 48) {
  world::Bitmap bitmap(static_cast<int>(width), static_cast<int>(height));
  world::paint_object(*world::sprite(object.name, object.colour), pose, {0, 0, 1}, static_cast<double>(std::min(height, width)), bitmap);
  Tensor cover = at::empty({height, width});
  for (size_t i = 0; i < bitmap.pixels.size(); ++i) cover.mutable_data_ptr<float>()[i] = static_cast<float>(bitmap.pixels[i] >> 24) / 255;
  return cover;
}

inline world::Object object(const std::string& name, const std::string& motion = "falls", const std::string& colour = "") {
  world::Object o;
  o.name = name, o.motion = motion, o.colour = colour;
  return o;
}

/// Shows grey whatever it saw.
class Grey : public autoencoder::VideoAutoencoder {
 public:
  autoencoder::Geometry geometry() const override { return {4, 8, 1}; }
  base::Cost decode_cost(int64_t, int64_t, int64_t) const override { return {}; }
  Tensor encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const override {
    cache.end_chunk();
    return at::zeros({frames.size(0), 1, 1, frames.size(3) / 8, frames.size(4) / 8});
  }
  Tensor decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const override {
    const bool first = cache.first_chunk();
    cache.end_chunk();
    return at::zeros({latent.size(0), 3, first ? 1 : 4, latent.size(3) * 8, latent.size(4) * 8});
  }
};

}  // namespace zoetrope::evaluation::test
