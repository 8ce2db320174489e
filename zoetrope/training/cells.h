#pragma once
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/data/source.h"

namespace zoetrope::training {

/// The best linear encoder of 8x8x4 cells, as the parameters `encoder.linear.*` of a native autoencoder: the principal components of the
/// cells of `clips` examples, those of the subject counted `focus_weight` times as much. The components are scaled softly (`soft_scales`).
std::map<std::string, Tensor> principal_cells(const data::Source& source, const data::ClipShape& shape, int64_t clips, int64_t channels,
                                              double focus_weight = 4);

/// The linear decoder that gives back the frames of `clips` examples with the least squared error from the latents that `model` makes of
/// them, with noise of deviation `noise` added: `decoder.synthesis.*`, in closed form.
std::map<std::string, Tensor> fit_synthesis(const autoencoder::native::Autoencoder& model, const data::Source& source,
                                            const data::ClipShape& shape, int64_t clips, double noise);

/// Scales for channels [C] of the given deviations that leave each with a variance in proportion to its `worth`, 1 in the mean. With the
/// channels' deviations in pixels as their worth, scaled channels have the root of these deviations: full whitening would drown form in
/// the noise of fine detail (measured: docs/toybox.md).
Tensor soft_scales(const Tensor& deviations, const Tensor& worth);

}  // namespace zoetrope::training
