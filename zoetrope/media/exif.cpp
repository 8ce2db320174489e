#include "zoetrope/media/exif.h"

#include "zoetrope/media/byte_cursor.h"

namespace zoetrope::media {
namespace {

/// Calls `chunk` with the kind and the bytes of each chunk of a PNG file until it says true.
template <class Chunk>
void each_chunk(std::string_view png, Chunk chunk) {
  Cursor cursor(png);
  if (!cursor.skip("\x89PNG\r\n\x1a\n")) return;
  while (!cursor.ended()) {
    const uint32_t length = cursor.big_endian(4);
    const std::string_view kind = cursor.take(4), bytes = cursor.take(length);
    cursor.take(4);  // the checksum
    if (kind.empty() || chunk(kind, bytes)) return;
  }
}

}  // namespace

std::optional<int> exif_orientation(std::string_view exif) {
  constexpr uint32_t orientation = 274, unsigned_short = 3;
  if (exif.starts_with(std::string_view("Exif\0\0", 6))) exif.remove_prefix(6);
  Cursor head(exif);
  const std::string_view order = head.take(2);
  if (order != "II" && order != "MM") return {};
  auto number = [big = order == "MM"](Cursor& cursor, int bytes) { return big ? cursor.big_endian(bytes) : cursor.little_endian(bytes); };
  if (number(head, 2) != 42) return {};
  Cursor directory(exif);
  directory.take(number(head, 4));
  for (uint32_t entries = number(directory, 2); entries > 0 && !directory.ended(); --entries) {
    const uint32_t tag = number(directory, 2), type = number(directory, 2), count = number(directory, 4), value = number(directory, 2);
    number(directory, 2);
    if (tag == orientation && type == unsigned_short && count == 1 && value >= 1 && value <= 8) return static_cast<int>(value);
  }
  return {};
}

std::optional<std::string_view> png_exif(std::string_view png) {
  std::optional<std::string_view> found;
  each_chunk(png, [&](std::string_view kind, std::string_view bytes) {
    if (kind == "eXIf") found = bytes;
    return found.has_value();
  });
  return found;
}

bool is_animated_png(std::string_view png) {
  bool animated = false;
  each_chunk(png, [&](std::string_view kind, std::string_view) {
    animated = kind == "acTL";
    return animated || kind == "IDAT";
  });
  return animated;
}

}  // namespace zoetrope::media
