#pragma once
#include <chrono>
#include <filesystem>

#include "zoetrope/base/progress.h"
#include "zoetrope/media/clip.h"

namespace zoetrope::generation {

/// Writes previews to a file, whole each time: an image (.png, .jpg: the latent frames as a contact sheet), or an animation (.webp).
/// Writing takes 1% of the time at most: quick steps are not all shown. A preview that cannot be written is the last, and the work goes on.
class PreviewFile : public base::ForwardingObserver {
 public:
  /// `fps`: latent frames a second. Another suffix is refused.
  PreviewFile(base::Observer& outer, std::filesystem::path path, media::Rational fps);
  void preview(const std::function<Tensor()>& frames) override;

 private:
  using Clock = std::chrono::steady_clock;
  std::filesystem::path path_;
  media::Rational fps_;
  Clock::time_point next_ = Clock::time_point::min();  // when a preview is due
};

/// Refuses a suffix that a `PreviewFile` does not write.
void check_preview(const std::filesystem::path& path);

}  // namespace zoetrope::generation
