#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "zoetrope/base/progress.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/generation/saved_run.h"
#include "zoetrope/model/model.h"
#include "zoetrope/provenance/marks.h"

namespace zoetrope::generation {

/// The files of a clip.
struct ClipFiles {
  std::vector<std::filesystem::path> outputs;  // the whole clip in each, as `open_output` writes it: a video, a contact sheet, ...
  std::filesystem::path thumbnail = {};        // its first frame, .png or .jpg; none if empty
  std::filesystem::path preview = {};          // what it looks like so far, written while it is made (`PreviewFile`); none if empty
  bool keep_latents = false;                   // of its end, beside the first output (`open_kept_latents`)
  Saving saving = {};                          // of unfinished work; its file is gone once the clip is whole
  provenance::Marks marks = {};                // of videos and images
};

/// clip.latents.safetensors for clip.mp4: where an unfinished clip is kept.
std::filesystem::path unfinished_path(const std::filesystem::path& clip);

/// Generates a checked request into files, each of which appears whole or not at all: what the command line and a worker do. `resume` is
/// unfinished work on the same request.
void generate_files(const Request& request, const model::Model& model, const ClipFiles& files, base::Observer& observer,
                    const SavedRun* resume = nullptr);

/// Why the unfinished work in `file` is none on this request and model, as a sentence; empty if it is.
std::string saved_run_mismatch(const SavedRun& begun, const std::filesystem::path& file, const Request& request, const model::Model& model);

}  // namespace zoetrope::generation
