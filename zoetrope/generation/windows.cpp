#include "zoetrope/generation/windows.h"

#include <algorithm>

namespace zoetrope::generation {

std::vector<int64_t> Window::positions() const {
  std::vector<int64_t> positions;
  if (anchored) positions.push_back(0);
  for (int64_t i = begin - context; i < begin + count; ++i) positions.push_back(i);
  return positions;
}

std::vector<Window> windows_of(int64_t latent_frames, int64_t at_once) {
  std::vector<Window> windows{{0, std::min(latent_frames, at_once)}};
  for (int64_t begin = windows.front().count; begin < latent_frames;) {
    const int64_t least = std::max<int64_t>(1, at_once / 3);  // of context
    const int64_t count = std::min(latent_frames - begin, std::max<int64_t>(1, at_once - 1 - least));
    const int64_t context =
        std::clamp<int64_t>(at_once - 1 - count, 1, begin);  // the last window has more, and the length that it was trained with
    windows.push_back({begin, count, context, /*anchored=*/context < begin});
    begin += count;
  }
  return windows;
}

std::vector<Window> chain_of(int64_t latent_frames, int64_t at_once) {
  if (latent_frames <= at_once) return {{0, latent_frames}};
  const int64_t more = latent_frames - 1, clips = (more + at_once - 2) / (at_once - 1);  // all but the first latent frame
  std::vector<Window> chain;
  for (int64_t i = 0; i < clips; ++i) {
    const int64_t begin = 1 + more * i / clips, end = 1 + more * (i + 1) / clips;
    chain.push_back(i == 0 ? Window{0, end} : Window{begin, end - begin, /*context=*/1});
  }
  return chain;
}

int64_t longest_at_once(const model::Model& model) {
  const autoencoder::Geometry g = model.geometry();
  return g.frames(2 * g.latent_frames(model.defaults().settings.frames) - 1);
}

int64_t latent_frames_at_once(const Request& r, const model::Model& model) {
  return model.geometry().latent_frames(r.frames <= longest_at_once(model) ? r.frames : model.defaults().settings.frames);
}

std::vector<Window> windows_of(const Request& r, const model::Model& model) {
  const int64_t latent_frames = model.geometry().latent_frames(r.frames), at_once = latent_frames_at_once(r, model);
  return model.defaults().requires_image ? chain_of(latent_frames, at_once) : windows_of(latent_frames, at_once);
}

}  // namespace zoetrope::generation
