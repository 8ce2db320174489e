#include "zoetrope/base/file_kind.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "zoetrope/base/formats.h"

namespace zoetrope::base {
namespace {

using std::string_view_literals::operator""sv;

/// Bytes at a place, and the kind of the files that have them there.
struct Signature {
  size_t offset;
  std::string_view bytes;
  FileKind kind;
};

constexpr const char* convert_image = "convert it to JPEG or PNG";
constexpr const char* convert_video = "convert it to MP4";
constexpr const char* convert_weights = "convert it to safetensors";
constexpr const char* unpack = "unpack it and give a file out of it";
constexpr const char* convert_pickle =
    "convert it to safetensors with Python: safetensors.torch.save_file(torch.load('{file}', weights_only=True), '{stem}.safetensors')";

/// Where one signature is the beginning of another, the longer one stands first.
const std::vector<Signature>& signatures() {
  static const std::vector<Signature> all{
      {0,
       "version https://git-lfs.github.com/spec/"sv,
       {"a pointer of git-lfs instead of the file itself", FileUse::other, "run `git lfs pull` in its folder", true}},
      // Weights.
      {0, "GGUF"sv, {"a GGUF file", FileUse::weights, "a safetensors file is read here"}},
      {0, "\x89HDF\r\n\x1a\n"sv, {"an HDF5 file", FileUse::weights, convert_weights}},
      {0, "\x93NUMPY"sv, {"a NumPy array", FileUse::weights, convert_weights}},
      // Images.
      {0, "\x89PNG\r\n\x1a\n"sv, {"a PNG image", FileUse::frames, ""}},
      {0, "\xff\xd8\xff"sv, {"a JPEG image", FileUse::frames, ""}},
      {0, "GIF8"sv, {"a GIF image", FileUse::frames, ""}},
      {8, "WEBP"sv, {"a WebP image", FileUse::frames, ""}},
      {0, "II*\0\x10\0\0\0CR"sv, {"a raw photo (CR2)", FileUse::frames, convert_image}},
      {0, "II*\0"sv, {"a TIFF image", FileUse::frames, ""}},
      {0, "MM\0*"sv, {"a TIFF image", FileUse::frames, ""}},
      {4, "ftypcrx "sv, {"a raw photo (CR3)", FileUse::frames, convert_image}},
      {4, "ftypavif"sv, {"an AVIF image", FileUse::frames, ""}},
      {4, "ftypavis"sv, {"an AVIF image sequence", FileUse::frames, ""}},
      {4, "ftypheic"sv, {"an HEIC image", FileUse::frames, ""}},
      {4, "ftypheix"sv, {"an HEIC image", FileUse::frames, ""}},
      {4, "ftypheim"sv, {"an HEIC image", FileUse::frames, ""}},
      {4, "ftypheis"sv, {"an HEIC image", FileUse::frames, ""}},
      {4, "ftyphevc"sv, {"an HEIC image sequence", FileUse::frames, convert_image}},
      {4, "ftyphevx"sv, {"an HEIC image sequence", FileUse::frames, convert_image}},
      {4, "ftypmif1"sv, {"an HEIF image", FileUse::frames, ""}},
      {4, "ftypmsf1"sv, {"an HEIF image sequence", FileUse::frames, convert_image}},
      {0, "\0\0\0\x0cJXL \r\n\x87\n"sv, {"a JPEG XL image", FileUse::frames, convert_image}},
      {0, "\xff\x0a"sv, {"a JPEG XL image", FileUse::frames, convert_image}},
      {0, "\0\0\0\x0cjP  \r\n\x87\n"sv, {"a JPEG 2000 image", FileUse::frames, convert_image}},
      {0, "8BPS"sv, {"a Photoshop document", FileUse::frames, convert_image}},
      {0, "v/1\x01"sv, {"an OpenEXR image", FileUse::frames, convert_image}},
      {0, "#?RADIANCE"sv, {"a Radiance HDR image", FileUse::frames, convert_image}},
      {0, "gimp xcf"sv, {"a GIMP document", FileUse::frames, convert_image}},
      // Videos.
      {4, "ftyp"sv, {"an MP4 or QuickTime video", FileUse::frames, ""}},
      {0, "\x1a\x45\xdf\xa3"sv, {"a Matroska or WebM video", FileUse::frames, ""}},
      {8, "AVI "sv, {"an AVI video", FileUse::frames, ""}},
      {0, "\x06\x0e\x2b\x34\x02\x05\x01\x01"sv, {"an MXF video", FileUse::frames, convert_video}},
      {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv, {"a Windows Media video", FileUse::frames, convert_video}},
      {0, ".RMF"sv, {"a RealMedia video", FileUse::frames, convert_video}},
      {0, "#EXTM3U"sv, {"a playlist", FileUse::frames, "give the video itself"}},
      // Sound.
      {8, "WAVE"sv, {"a WAV sound", FileUse::other, ""}},
      {0, "fLaC"sv, {"a FLAC sound", FileUse::other, ""}},
      {0, "ID3"sv, {"an MP3 sound", FileUse::other, ""}},
      // Documents and archives.
      {0, "%PDF-"sv, {"a PDF document", FileUse::other, ""}},
      {0, "SQLite format 3\0"sv, {"an SQLite database", FileUse::other, ""}},
      {0,
       "\x7f"
       "ELF"sv,
       {"a program", FileUse::other, ""}},
      {0, "PK\x03\x04"sv, {"a zip archive", FileUse::other, unpack, true}},
      {0, "\x1f\x8b"sv, {"a gzip archive", FileUse::other, unpack, true}},
      {0, "BZh"sv, {"a bzip2 archive", FileUse::other, unpack, true}},
      {0,
       "\xfd"
       "7zXZ\0"sv,
       {"an xz archive", FileUse::other, unpack, true}},
      {0, "\x28\xb5\x2f\xfd"sv, {"a Zstandard archive", FileUse::other, unpack, true}},
      {0, "7z\xbc\xaf\x27\x1c"sv, {"a 7-Zip archive", FileUse::other, unpack, true}},
      {0, "Rar!\x1a\x07"sv, {"a RAR archive", FileUse::other, unpack, true}},
      {257, "ustar"sv, {"a tar archive", FileUse::other, unpack, true}},
  };
  return all;
}

/// Text in lower case without the spaces, and the byte-order mark, before it.
std::string lower_text(std::string_view start) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (start.starts_with(byte_order_mark)) start.remove_prefix(byte_order_mark.size());
  start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n"), start.size()));
  std::string text(start);
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c); });
  return text;
}

bool is_text(std::string_view start) {
  return !start.empty() && std::ranges::none_of(start, [](unsigned char c) {
    return (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f') || c == 0x7f || c == 0xff;
  });
}

/// PyTorch's zip archives begin with NAME/data.pkl, and those of before and other pickles with the number of their protocol.
bool is_pytorch_zip(std::string_view start) { return start.starts_with("PK\x03\x04") && start.find("/data.pkl") != start.npos; }
bool is_pickle(std::string_view start) { return start.size() > 2 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5; }

/// 8 bytes with the length of a header, which is less than 2^32 bytes long and an object of JSON.
bool is_safetensors(std::string_view start) { return start.size() > 8 && start.substr(4, 4) == "\0\0\0\0"sv && start[8] == '{'; }

FileKind kind_of_text(std::string_view start) {
  if (!is_text(start)) return {};
  const std::string text = lower_text(start);
  auto starts_with = [&](auto... words) { return (text.starts_with(words) || ...); };
  if (starts_with("<!doctype html", "<html", "<head", "<body"))
    return {"a web page (HTML)", FileUse::other, "download the file itself, perhaps after logging in", true};
  if (starts_with("<svg") || (starts_with("<?xml") && text.find("<svg") != text.npos))
    return {"an SVG drawing", FileUse::frames, convert_image};
  if (starts_with("<?xml")) return {"an XML file", FileUse::text, ""};
  if (starts_with("{", "[")) return {"a JSON file", FileUse::text, ""};
  return {"a text file", FileUse::text, ""};
}

std::string read_start(const std::filesystem::path& path) {
  std::error_code unreadable;
  if (!std::filesystem::is_regular_file(path, unreadable)) return {};
  std::ifstream file(path, std::ios::binary);
  std::string start(file_kind_bytes, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return start;
}

const char* name_of(FileUse use) {
  switch (use) {
    case FileUse::frames:
      return "a video or image";
    case FileUse::weights:
      return "a safetensors file";
    case FileUse::vocabulary:
      return "a SentencePiece model";
    case FileUse::text:
      return "a text file";
    case FileUse::other:
      break;
  }
  return "what is needed here";
}

/// The class that a configuration names; empty where it names none.
std::string class_of(const Json& config) {
  for (const char* key : {"_class_name", "architectures", "model_type"})
    if (auto named = config.find(key); named != config.end()) {
      if (named->is_string()) return named->get<std::string>();
      if (named->is_array() && !named->empty() && named->front().is_string()) return named->front().get<std::string>();
    }
  return "";
}

}  // namespace

FileKind file_kind(std::string_view start) {
  start = start.substr(0, file_kind_bytes);
  if (is_safetensors(start)) return {"a safetensors file", FileUse::weights, ""};  // first: a length can look like a pickle
  if (is_pytorch_zip(start))
    return {"a PyTorch file, a zip with a pickle, which can run code when it is read", FileUse::weights, convert_pickle};
  if (is_pickle(start)) return {"a pickle, which can run code when it is read", FileUse::weights, convert_pickle};
  const bool text = is_text(start);  // which may have any word in its middle
  for (const Signature& signature : signatures())
    if (start.size() > signature.offset && start.substr(signature.offset).starts_with(signature.bytes) && !(text && signature.offset > 0))
      return signature.kind;
  return kind_of_text(start);
}

FileKind read_file_kind(const std::filesystem::path& path) { return file_kind(read_start(path)); }

std::string wrong_kind(std::string_view start, const std::filesystem::path& path, FileUse wanted) {
  const FileKind kind = file_kind(start);
  const bool is_wanted = kind.use == wanted;
  if (kind.name.empty() || (is_wanted && kind.way_out.empty())) return "";
  if (!is_wanted && !kind.always) return fmt::format("is {}, not {}", kind.name, name_of(wanted));
  const std::string file = path.filename(), stem = path.stem();
  return fmt::format("is {}; {}", kind.name, fmt::format(fmt::runtime(kind.way_out), fmt::arg("file", file), fmt::arg("stem", stem)));
}

std::string wrong_kind(const std::filesystem::path& path, FileUse wanted) { return wrong_kind(read_start(path), path, wanted); }

std::string folder_kind(const std::filesystem::path& folder) {
  for (auto [file, kind] : {std::pair{"model_index.json", "a model"}, {"config.json", "a component"}})
    if (std::filesystem::is_regular_file(folder / file))
      if (std::string name = class_of(read_json(folder / file)); !name.empty()) return fmt::format("{} of the class {}", kind, name);
  return "a folder";
}

}  // namespace zoetrope::base
