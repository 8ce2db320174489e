#pragma once
#include <string>
#include <vector>

#include "zoetrope/model/model_files.h"

namespace zoetrope::model {

/// The expert of Wan2.2 A14B that a LoRA file was trained for, as its name says (or, where the name says nothing, the title or output name
/// in its metadata): a word "high" or "low", "high_noise" and "HighNoise" among them.
enum class LoraExpert { unknown, high_noise, low_noise };
LoraExpert lora_expert(const std::filesystem::path& file);

/// Whether a file's name, or that of its folder, says that it makes a model one of a few steps: lightning, lightx2v, distill, 4step.
bool is_distilled_lora(const std::filesystem::path& file);

/// The first Lightning files were trained with alpha 8 and rank 64, and do not say so: scale 0.125 without one that is asked for. They are
/// recognised by all of this: an expert and a distillation in the name (or the published names high_noise_model and low_noise_model), only
/// matrices of rank 64, no alpha in tensors or metadata, and no differences (.diff), which extracted files have. A sentence for each file
/// is added to `notices`.
std::vector<tensor::LoraSpec> with_trained_scales(std::vector<tensor::LoraSpec> loras, std::vector<std::string>& notices);

/// Refuses what gives mush: a file for one expert on the other, and one of a pair of distilled files without the other.
void check_lora_pair(const ModelFiles& files);

}  // namespace zoetrope::model
