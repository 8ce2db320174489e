#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/data/dataset.h"
#include "zoetrope/evaluation/report.h"

namespace zoetrope::evaluation {

/// What an autoencoder loses of the first `clips` examples of a source that it was not trained on, each score a mean over clips: "psnr" of
/// all pixels, "psnr_subject" of the subject's (absent where no clip has one), "decoding", the seconds of video decoded in a second, and
/// "seams" (seams.h), whose ceiling are those of the examples themselves. `seed` is that of the intervals.
Report reconstruction(const autoencoder::VideoAutoencoder& autoencoder, const data::Dataset& dataset, const data::ClipShape& shape,
                      int64_t clips, uint64_t seed, base::Observer& observer);

}  // namespace zoetrope::evaluation
