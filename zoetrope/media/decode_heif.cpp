// Photos of phones (HEIC) and AVIF through libheif, which also turns them upright.
#include <algorithm>
#include <array>

#include <libheif/heif.h>

#include "zoetrope/base/error.h"
#include "zoetrope/media/decoded.h"
#include "zoetrope/media/input.h"
#include "zoetrope/media/pixel_convert.h"

namespace zoetrope::media {
namespace {

struct Release {
  void operator()(heif_context* p) const { heif_context_free(p); }
  void operator()(heif_image_handle* p) const { heif_image_handle_release(p); }
  void operator()(heif_image* p) const { heif_image_release(p); }
};

void check(const heif_error& error, const std::string& name) {
  if (error.code != heif_error_Ok) throw base::Error("{}: is an image of HEIF that cannot be read: {}", name, error.message);
}

/// A file's main image, not decoded yet.
struct HeifFile {
  HeifFile(const Source& file, const ReadLimits& limits)
      : name(file.name()), bytes(file.whole(limits.file_bytes)), context(heif_context_alloc()) {
    check(heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(), nullptr), name);
    heif_image_handle* found = nullptr;
    check(heif_context_get_primary_image_handle(context.get(), &found), name);
    image.reset(found);
    check_size(name, heif_image_handle_get_width(found), heif_image_handle_get_height(found), limits);
  }
  std::string name, bytes;
  std::unique_ptr<heif_context, Release> context;
  std::unique_ptr<heif_image_handle, Release> image;
};

TimeStamps one_moment() { return {.begins = {}, .end = 0, .tick = 1e-3, .declared = std::nullopt}; }

}  // namespace

bool is_heif(const Source& file) {
  constexpr std::array brands = {"heic", "heix", "heim", "heis", "mif1", "avif"};  // of single images (ISO/IEC 23008-12)
  char start[12] = {};
  file.read(0, start, sizeof start);
  return std::string_view(start + 4, 4) == "ftyp" &&
         std::find(brands.begin(), brands.end(), std::string_view(start + 8, 4)) != brands.end();
}

void decode_heif(const Source& source, const ReadLimits& limits, FrameReceiver& receiver) {
  HeifFile file(source, limits);
  const bool alpha = heif_image_handle_has_alpha_channel(file.image.get());
  heif_image* decoded = nullptr;
  check(heif_decode_image(file.image.get(), &decoded, heif_colorspace_RGB,
                          alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, nullptr),
        file.name);
  const std::unique_ptr<heif_image, Release> image(decoded);
  const int64_t width = heif_image_get_primary_width(decoded), height = heif_image_get_primary_height(decoded), channels = alpha ? 4 : 3;
  check_size(file.name, width, height, limits);
  int stride = 0;
  const uint8_t* pixels = heif_image_get_plane_readonly(decoded, heif_channel_interleaved, &stride);
  if (pixels == nullptr) throw base::Error("{}: is an image of HEIF that cannot be read: it has no pixels", file.name);
  Tensor rows = at::from_blob(const_cast<uint8_t*>(pixels), {height, width, channels}, {stride, channels, 1}, at::kByte);
  receiver.stamps = one_moment();
  receiver.add([&] { return alpha ? on_white(rows) : rows.clone(at::MemoryFormat::Contiguous); }, 0, 0);
}

Probe probe_heif(const Source& source, const ReadLimits& limits) {
  HeifFile file(source, limits);
  TimeStamps stamps = one_moment();
  stamps.begins = {0};
  return {.container = "heif",
          .codec = "heif",
          .width = heif_image_handle_get_width(file.image.get()),
          .height = heif_image_handle_get_height(file.image.get()),
          .frames = 1,
          .fps = constant_rate(stamps, 1).fps};
}

}  // namespace zoetrope::media
