#pragma once
#include <filesystem>
#include <functional>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/data/dataset.h"
#include "zoetrope/generation/sample.h"

namespace zoetrope::training {

/// How the samples of a run are made.
struct SampleSettings {
  double shift = 1, guidance_scale = 3;
  int64_t steps = 20;
};

/// Writes a sheet of clips of each shape that the denoiser makes of the dataset's first prompts, in both languages in turn, and beside each
/// a drawn frame. `branches_of` gives what it is told of a prompt: one branch, or two for guidance.
void write_sample_sheet(const std::filesystem::path& path, const transformer::Denoiser& denoiser,
                        const autoencoder::VideoAutoencoder& autoencoder, const data::Dataset& dataset,
                        const std::vector<std::pair<data::ClipShape, SampleSettings>>& samples,
                        const std::function<std::vector<generation::Branch>(const std::string& prompt)>& branches_of);

}  // namespace zoetrope::training
