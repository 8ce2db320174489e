#include "zoetrope/world/world.h"

#include "zoetrope/base/hash.h"
#include "zoetrope/base/random.h"
#include "zoetrope/world/captions.h"
#include "zoetrope/world/render.h"
#include "zoetrope/world/sprite.h"
#include "zoetrope/world/steering.h"

namespace zoetrope::world {
namespace {

constexpr int drawing_version = 2;  // to be raised whenever the same settings and index give other pixels or words

/// The action that rules each frame, as its place in the order of `Action`: [T].
Tensor actions_of(const Steering& steering, const data::ClipShape& shape) {
  std::vector<int64_t> actions;
  for (int64_t t = 0; t < shape.frames; ++t)
    actions.push_back(static_cast<int64_t>(action_at(steering, static_cast<double>(t) / shape.fps.value())));
  return at::tensor(actions, at::kLong);
}

}  // namespace

World::World(Settings settings) : settings_(settings_from_json(to_json(settings))) {
  for (const std::string& name : settings_.objects) sprite(name, "");
  for (const std::string& name : settings_.shapes)
    for (const std::string& colour : settings_.colours) sprite(name, colour);
}

Scenario World::scenario(uint64_t index, const data::ClipShape& shape) const { return draw(settings_, index, shape); }

data::Example World::example(uint64_t index, const data::ClipShape& shape) const {
  const Scenario drawn = scenario(index, shape);
  Captions captions = caption(drawn, base::derive_seed({settings_.seed, index, 3}));
  Rendered rendered = render(drawn, shape);
  return {.clip = {rendered.frames, shape.fps},
          .caption = std::move(captions.en),
          .caption_zh = std::move(captions.zh),
          .subject_mask = rendered.subject_mask,
          .actions = drawn.steering ? actions_of(*drawn.steering, shape) : Tensor(),
          .truth = std::move(rendered.truth)};
}

std::string World::fingerprint() const {
  base::Json what = {{"world", to_json(settings_)}, {"drawing", drawing_version}};
  return base::sha256(what.dump());
}

}  // namespace zoetrope::world
