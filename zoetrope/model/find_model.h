#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace zoetrope::model {

/// The folder of the model called `name`, the first of
///   a folder of that path
///   a model in a folder of ZOETROPE_MODELS, in `models` beside the program's folder or the current one, or in share/zoetrope/models of
///   the installation
///   a repository "OWNER/NAME" in the cache of Hugging Face: the snapshot of `refs/main`
/// An error lists the places, and for a repository says how to download it. Nothing is fetched.
std::filesystem::path find_model(const std::string& name);

/// The file or folder of a component, or of a LoRA: a path, or the name of a file in ComfyUI's folders for such files (below
/// ZOETROPE_COMFYUI). `component` is a name of ModelFiles, or "lora". An error lists the places and names the field, which
/// is that of the component unless it was `given_as` another.
std::filesystem::path find_component(const std::string& component, const std::string& name, const std::string& given_as = "");

// Where models are looked for.

/// Folders of model folders, in their order.
std::vector<std::filesystem::path> model_folders();

/// The cache of Hugging Face's hub: HF_HUB_CACHE, or `hub` in HF_HOME, in XDG_CACHE_HOME/huggingface or in ~/.cache/huggingface.
std::filesystem::path hub_cache();

/// The snapshot of the main branch of a repository "OWNER/NAME" in the cache; empty if there is none.
std::filesystem::path hub_snapshot(const std::string& repository);

/// ComfyUI's folders for a component, as far as they exist; none if ZOETROPE_COMFYUI is not set.
std::vector<std::filesystem::path> comfyui_folders(const std::string& component);

}  // namespace zoetrope::model
