#pragma once
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/key_style.h"
#include "zoetrope/text/t5.h"

namespace zoetrope::text {

/// The names of the original Wan code for its UMT5 encoder, and those of transformers, which are ours.
const tensor::KeyStyle& t5_keys();

/// The names of T5 encoders in GGUF files (llama.cpp), and ours.
const tensor::KeyStyle& t5_gguf_keys();

/// The name of the tensor that holds the bytes of the SentencePiece model in text encoders of ComfyUI.
inline constexpr const char* vocabulary_key = "spiece_model";

/// What the names of a text encoder begin with in ComfyUI's files of whole models.
const std::vector<std::string>& comfyui_prefixes();

/// Gives the parameters of an encoder's file our names, whichever style they are in; other names stay. An encoder in a file with a whole
/// model is taken out of it.
void use_t5_keys(tensor::Checkpoint& checkpoint);

/// The sizes of an encoder, from the shapes in a file that has no config.json.
T5Config t5_config_of(const tensor::Checkpoint& checkpoint);

}  // namespace zoetrope::text
