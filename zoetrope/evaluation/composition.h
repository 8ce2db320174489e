#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/evaluation/report.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/vision/recogniser/recogniser.h"
#include "zoetrope/world/world.h"

namespace zoetrope::evaluation {

/// The world that is evaluated: combinations that were held out from training, with a seed of its own.
world::World held_out_world(world::Settings trained_on, uint64_t seed);

/// The shape of a request's clips.
data::ClipShape shape_of(const model::SamplingSettings& settings);

/// Refuses a world with names that a recogniser does not know.
void check_names(const vision::RecogniserConfig& names, const world::Settings& world);

/// Generates clips: a request -> frames [T,H,W,3] fp32 in 0..1.
using Generator = std::function<Tensor(const generation::Request&)>;

/// Composition: asks for `clips` held-out scenarios in English and in Chinese and measures what of them is there (see `judge`). `defaults`
/// is the request but for its prompt and seed. The ceiling is what the same scenarios get when they are drawn instead of generated; chance
/// is a guess among all that can be asked for, and, where nothing is guessed, what real clips get for others' outlines (form) or with
/// frames of many clips (identity, drift).
Report composition(const vision::Recogniser& recogniser, const world::World& world, const generation::Request& defaults, int64_t clips,
                   uint64_t seed, const Generator& generate, base::Observer& observer);

}  // namespace zoetrope::evaluation
