#pragma once
#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// The part of a long clip that is sampled at once, in latent frames: known ones, then new ones. Latent frames keep their place in time.
/// The first latent frame of a clip holds one frame, and networks know it in front alone: so it stays there as an anchor.
struct Window {
  int64_t begin, count;   // the new ones
  int64_t context = 0;    // known ones before them
  bool anchored = false;  // whether the clip's first latent frame stands in front of the context

  int64_t known() const { return context + (anchored ? 1 : 0); }
  int64_t latent_frames() const { return known() + count; }
  /// Where each of them stands in the clip.
  std::vector<int64_t> positions() const;
};

/// The windows of a clip of `latent_frames`, each of `at_once` latent frames, of which a third are context: one, if they fit.
std::vector<Window> windows_of(int64_t latent_frames, int64_t at_once);

/// The clips that a model makes one after the other which animates an image, for a clip of `latent_frames`: each begins with the last
/// frame of the one before (its only context), and all are about as long, up to `at_once`.
std::vector<Window> chain_of(int64_t latent_frames, int64_t at_once);

/// The frames of the longest clip that a model samples at once: less than twice as long as its own clips.
int64_t longest_at_once(const model::Model& model);
/// How many latent frames of a request are sampled at once: all of a clip up to that length, else as many as the model's own clips have.
int64_t latent_frames_at_once(const Request& request, const model::Model& model);
/// The windows of a request, or its chain of clips.
std::vector<Window> windows_of(const Request& request, const model::Model& model);

}  // namespace zoetrope::generation
