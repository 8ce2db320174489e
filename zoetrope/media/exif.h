#pragma once
#include <optional>
#include <string_view>

namespace zoetrope::media {

/// The orientation, 1 to 8, that a block of Exif tells (tag 274, Exif 2.32, 4.6.4), from the mark of its byte order on; a TIFF file is such
/// a block. The bytes may be any: what is malformed tells nothing.
std::optional<int> exif_orientation(std::string_view exif);

/// The Exif block of a PNG file (chunk eXIf), or nothing.
std::optional<std::string_view> png_exif(std::string_view png);

/// Whether a PNG file is animated (chunk acTL before the image).
bool is_animated_png(std::string_view png);

}  // namespace zoetrope::media
