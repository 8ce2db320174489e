#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "zoetrope/media/clip.h"
#include "zoetrope/media/metadata.h"

namespace zoetrope::media {

/// A video file that is being written: frames are encoded as they come, and the file appears whole at `finish` or not at all.
/// The same frames give the same bytes on the same machine.
class VideoWriter {
 public:
  virtual ~VideoWriter() = default;
  /// Adds frames [n,H,W,3] uint8 RGB of the size that was declared.
  virtual void write(const Tensor& frames) = 0;
  /// Ends the file and puts it in its place. A file without frames is an error.
  virtual void finish() = 0;
};

/// The sound of a video file in a new video: copied as it is coded, from where the file's picture begins to the end of the new video.
struct Sound {
  std::filesystem::path file;
  double begin = 0;  // when the file's picture begins in the new video, in seconds
};

/// Which sounds a video file of that suffix can have, in their order, and a sentence for each that it cannot: its format knows no sound or
/// not this kind, or it is coded otherwise than the first one.
struct KeptSounds {
  std::vector<Sound> sounds = {};
  std::vector<std::string> left_out = {};
};
KeptSounds keep_sounds(const std::filesystem::path& video, std::vector<Sound> sounds);

/// Begins the video file `path`; its suffix decides:
///   .mp4   H.264 at constant quality, 4:2:0, BT.709 limited range; an odd side is made even by repeating its last row or column,
///          because players know no odd 4:2:0
///   .mov, .mkv  the same in QuickTime's and Matroska's container
///   .webm  VP9, the same colours; any size
///   .gif   one palette of 255 colours for the whole clip (so the frames wait in memory, 1 GiB at most); at most 50 frames a second
///   .webp  animated, lossy; any size up to 16383
/// `read_metadata` gives back the request in `metadata`. Of the sounds it gets those that
/// `keep_sounds` keeps.
std::unique_ptr<VideoWriter> open_writer(const std::filesystem::path& path, int64_t width, int64_t height, Rational fps,
                                         const Metadata& metadata = {}, const std::vector<Sound>& sounds = {}, const Seal& seal = {});

/// Whether `open_writer` knows the suffix of `path`.
bool is_video_path(const std::filesystem::path& path);

/// A whole clip as a file.
void write_clip(const std::filesystem::path& path, const Clip& clip, const Metadata& metadata = {});

}  // namespace zoetrope::media
