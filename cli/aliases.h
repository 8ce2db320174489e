#pragma once
#include <string>
#include <vector>

namespace zoetrope::cli {

/// What `generate` calls the flag that other programs (Wan, Open-Sora, LTX, HunyuanVideo, CogVideoX, SkyReels, musubi-tuner, diffusers,
/// stable-diffusion.cpp) call `name`, without dashes and with '-' or '_': "steps" for "num_inference_steps". A name that none of them has
/// comes back with '-'.
std::string our_flag(std::string name);

/// The words of a command line, in order and without the program's name, with our spelling of its flags: '_' is '-' in the names of all,
/// those of other programs are ours in `generate`, and --width W --height H is --size WxH. One without the other is an error.
std::vector<std::string> use_our_flags(const std::vector<std::string>& words);

}  // namespace zoetrope::cli
