#pragma once
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include "zoetrope/diffusion/guidance.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/media/clip.h"
#include "zoetrope/tensor/lora.h"

namespace zoetrope::cli {

/// Gives a command the flag --threads. It counts from when the flags are read, so before anything is loaded.
void add_threads_flag(CLI::App* command);

/// Where a command computes, as its flags say.
struct PlaceFlags {
  std::string device = "auto", dtype = "auto";
  tensor::Placement placement() const { return tensor::parse_placement(device, dtype); }
};

/// Gives a command that computes the flags --device, --dtype and --threads. `dtype_note` is appended to the help of --dtype.
void add_place_flags(CLI::App* command, PlaceFlags& place, const std::string& dtype_note = "");

// Values that flags spell in a way of their own. What cannot be read is refused with a sentence that names the flag.

struct Size {
  int64_t width, height;
};

/// "128x96"; Wan's spelling "128*96" as well.
Size parse_size(const std::string& flag, const std::string& text);

/// Frames a second: "16", "12.5" or "30000/1001".
media::Rational parse_rate(const std::string& flag, const std::string& text);

/// Two sigmas: "0.2:0.8".
diffusion::SigmaInterval parse_interval(const std::string& flag, const std::string& text);

/// A seed; "random" and "-1" draw one of at most ten digits.
uint64_t parse_seed(const std::string& flag, const std::string& text);
bool is_drawn_seed(const std::string& text);

/// A shape as width by height: "16:9".
double parse_aspect(const std::string& flag, const std::string& text);

/// Prompts and the seconds at which they begin: "0:a cat walks; 4s:it jumps", or a file with a line each. The first begins at 0.
std::vector<generation::TimedPrompt> parse_prompts(const std::string& flag, const std::string& text);

/// How a picture grows: "16:9", or "left=64,right=64".
generation::Outpaint parse_outpaint(const std::string& flag, const std::string& text);

/// A file, its time, and how much it may change: "cat.png@1.5s", "cat.png@12:0.3" or "cat.png@last". The file exists.
generation::Keyframe parse_keyframe(const std::string& flag, const std::string& text);

/// The file or folder of that path; a word without slash and dot, or a repository in the cache of Hugging Face, may name a model instead.
std::filesystem::path find_input(const std::string& text);

/// A LoRA file that exists, with a scale behind it or without: "style.safetensors:0.8".
tensor::LoraSpec parse_lora(const std::string& flag, const std::string& text, bool strict = false);

/// The LoRA files that the tags <lora:NAME:SCALE> of a prompt name, which are taken out of it. A name may lack its suffix.
std::vector<tensor::LoraSpec> take_loras(std::string& prompt, bool strict);

/// The lines of a text, without the mark that some editors put at its beginning, the white space around each, empty ones, and comments,
/// which begin with '#'.
std::vector<std::string> text_lines(const std::string& text);

/// Gives a command with LoRA files the flag --lora-strict.
void add_lora_strict_flag(CLI::App* command, bool& strict);

// Checks for CLI11 that give the complaint, empty without one. Its own wrap seeds of -1 around, spell the largest double out and let nan
// pass.

std::string check_seed(const std::string& text);
/// A seed, or "random" or "-1" for one that is drawn.
std::string check_drawn_seed(const std::string& text);
std::string check_positive(const std::string& text);
std::string check_not_negative(const std::string& text);
/// From 0 to 1.
std::string check_fraction(const std::string& text);

}  // namespace zoetrope::cli
