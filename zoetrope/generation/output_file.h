#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "zoetrope/generation/frame_sink.h"
#include "zoetrope/generation/notice.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/media/video_writer.h"
#include "zoetrope/provenance/marks.h"

namespace zoetrope::generation {

/// What is announced before the first frame.
struct OutputShape {
  int64_t width, height;
  media::Rational fps;
  std::vector<media::Sound> sounds = {};  // of which a video gets those that its format can have
};

/// The sounds of the videos in a request, where they stand in its result.
std::vector<media::Sound> sounds_of(const Request& request);

/// What becomes of those sounds in the file `path`.
std::vector<Notice> sound_notices(const std::filesystem::path& path, const Request& request);

/// Which marks the file `path` will not have, though they are asked for, and why.
std::vector<Notice> mark_notices(const std::filesystem::path& path, const provenance::Marks& marks);

/// Begins the file `path`; its suffix decides: a video (.mp4 .webm .gif .webp), an image (.png .jpg: of one frame, or a contact sheet of
/// more), or tensors (.safetensors: `frames` [T,H,W,3] fp32 in 0..1 and `latents` [C,t,h,w] fp32). It appears whole at `finish` or not at
/// all. `request` is the JSON form that the file carries in its metadata; videos and images are marked besides, tensors never.
std::unique_ptr<FrameSink> open_output(const std::filesystem::path& path, const OutputShape& shape, const std::string& request,
                                       const provenance::Marks& marks = provenance::Marks::none());

/// The request that a generated file carries, if it carries one.
std::optional<std::string> read_carried_request(const std::filesystem::path& path);

/// Whether this program wrote a file: a clip, a picture or tensors with a request or the program's mark, or a report. False for what cannot
/// be read.
bool is_own_file(const std::filesystem::path& path);

/// Refuses a suffix that `open_output` does not know, before any work is done.
void check_output(const std::filesystem::path& path);

}  // namespace zoetrope::generation
