#pragma once
#include <filesystem>
#include <string>

#include "zoetrope/base/tensor.h"
#include "zoetrope/media/metadata.h"

namespace zoetrope::media {

/// Writes image [H,W,3] uint8 RGB, atomically; the suffix decides: .png, or .jpg/.jpeg (best quality, no chroma subsampling).
/// `read_metadata` gives back the request in `metadata`.
void write_image(const std::filesystem::path& path, const Tensor& image, const Metadata& metadata = {}, const Seal& seal = {});

/// The bytes of a PNG file of image [H,W,3] uint8 on the CPU.
std::string png(const Tensor& image, const Metadata& metadata = {});

/// Whether `write_image` knows the suffix of `path`.
bool is_image_path(const std::filesystem::path& path);

/// The image (or the first frame of the video) `path` -> [H,W,3] uint8 RGB, turned as its orientation says. Transparent pixels are
/// laid on white. Reads what `read_clip` reads.
Tensor read_image(const std::filesystem::path& path);

}  // namespace zoetrope::media
