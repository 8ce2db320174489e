#pragma once
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/data/dataset.h"

namespace zoetrope::training {

/// The best linear encoder of 8x8x4 cells, as the parameters `encoder.linear.*` of a native autoencoder: the principal components of the
/// cells of `clips` examples, those of the subject counted `subject_weight` times as much. The components are scaled softly
/// (`latent_scales`).
std::map<std::string, Tensor> pca_encoder(const data::Dataset& dataset, const data::ClipShape& shape, int64_t clips, int64_t channels,
                                          double subject_weight = 4);

/// The linear decoder with the least squared error on the frames of `clips` examples, given the latents of `model` with noise of deviation
/// `noise` added: `decoder.synthesis.*`, in closed form.
std::map<std::string, Tensor> fit_synthesis(const autoencoder::native::Autoencoder& model, const data::Dataset& dataset,
                                            const data::ClipShape& shape, int64_t clips, double noise);

/// Scales for channels [C] with the given deviations after which each channel's variance is proportional to its `importance`, 1 in the
/// mean. With the channels' effect on pixels as importance, scaled channels have the root of that effect as deviation: with full whitening,
/// shape is lost in the noise of fine detail (measured: docs/toybox.md).
Tensor latent_scales(const Tensor& deviations, const Tensor& importance);

}  // namespace zoetrope::training
