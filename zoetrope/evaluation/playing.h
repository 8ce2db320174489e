#pragma once
#include "zoetrope/evaluation/composition.h"
#include "zoetrope/world/action.h"

namespace zoetrope::evaluation {

/// How a live stream goes on: what is asked, the frames [n,H,W,3] uint8 that it begins with, and the actions of its latent frames, of which
/// the first ones are those of the given frames. `t` latent frames have 1 + (t-1) * `frames_per_latent` frames.
struct Played {
  generation::Request request;
  Tensor given;
  std::vector<world::Action> actions;
};
/// What was made, [m,H,W,3] fp32 in 0..1, and the seconds that it took.
struct Continuation {
  Tensor frames;
  double seconds;
};
using Stream = std::function<Continuation(const Played&)>;

/// How a model's live world follows the one that is simulated. Each of `clips` held-out scenarios is begun with drawn frames, and the
/// stream goes on, asked in English (even) or Chinese (odd):
///   followed ACTION  the action has its effect within a second: at least half as far as in the drawn clip, as the recogniser sees both;
///   with
///                    `none` nothing moves; and the object is still there. Where the drawn object cannot move (at an edge) nothing is
///                    counted
///   psnr N s         to the simulated future under random actions, after N seconds; chance is the last given frame, standing still
///   permanence       what goes behind a wall comes out as the same object, within a second of the drawn one
///   frames_per_second, and key_to_picture: seconds from a key to the end of the latent frame that shows its effect, at the longest
Report playing(const vision::Recogniser& recogniser, const world::World& world, const generation::Request& defaults,
               int64_t frames_per_latent, int64_t clips, uint64_t seed, const Stream& stream, base::Observer& observer);

/// The part of a world that is steered; its walls stand in front of what goes to and fro.
world::World steered_world(const world::World& world);

}  // namespace zoetrope::evaluation
