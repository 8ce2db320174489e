#include "zoetrope/generation/preview_file.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/version.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/suffix.h"

namespace zoetrope::generation {

void check_preview(const std::filesystem::path& path) {
  if (!media::is_image_path(path) && media::suffix_of(path) != ".webp")
    throw base::InvalidRequest("preview", "must be a .png, .jpg or .webp, got '{}'", path.string());
}

PreviewFile::PreviewFile(base::Observer& outer, std::filesystem::path path, media::Rational fps)
    : ForwardingObserver(outer), path_(std::move(path)), fps_(fps) {
  check_preview(path_);
}

void PreviewFile::preview(const std::function<Tensor()>& frames) {
  constexpr int64_t times_its_own = 99;  // pause behind a preview: writing takes 1% of the time
  ForwardingObserver::preview(frames);
  if (Clock::now() < next_) return;
  try {
    Tensor shown = frames();
    const Clock::time_point begun = Clock::now();
    auto file = open_output(path_, {shown.size(2), shown.size(1), fps_}, base::program_mark());
    file->frames(shown.to(at::kFloat).div(255));
    file->finish();
    next_ = Clock::now() + times_its_own * (Clock::now() - begun);
  } catch (const base::Cancelled&) {
    throw;
  } catch (const base::Error& error) {
    notice(fmt::format("there are no more previews: {}", error.what()));
    next_ = Clock::time_point::max();
  }
}

}  // namespace zoetrope::generation
