#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace zoetrope::model {

/// A model on this machine.
struct ListedModel {
  std::string name;  // by which `find_model` finds it, or, of a file of ComfyUI, `find_component`
  std::filesystem::path path;
  std::string family;                      // empty if there is a problem
  std::vector<std::string> tasks;          // what it can do, in words: "text to video", "image to video"
  std::pair<int64_t, int64_t> size{0, 0};  // its default width and height
  int64_t frames = 0;                      // its default length
  std::string problem;                     // why it cannot be used, as a sentence
};

/// The models in the folders of models, in the cache of Hugging Face and in ComfyUI's folders (denoisers alone), each by name. Folders
/// that are no models of pipelines are passed over. Only headers are read.
std::vector<ListedModel> list_models();

}  // namespace zoetrope::model
