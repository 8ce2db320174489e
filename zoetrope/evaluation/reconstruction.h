#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/data/source.h"
#include "zoetrope/evaluation/report.h"

namespace zoetrope::evaluation {

/// What an autoencoder loses of `clips` examples that it was not trained on: the PSNR of all pixels and of the subject's, each a mean over
/// clips; and how many seconds of video it decodes in a second.
Report reconstruction(const autoencoder::VideoAutoencoder& autoencoder, const data::Source& source, const data::ClipShape& shape,
                      int64_t clips, uint64_t seed, base::Observer& observer);

}  // namespace zoetrope::evaluation
