#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace zoetrope::base {

/// What a file is good for.
enum class FileUse { frames, weights, vocabulary, text, other };

/// What a file is, as its first bytes say.
struct FileKind {
  std::string name;              // with its article: "an HEIC image"
  FileUse use = FileUse::other;  // what a reader may want of it
  std::string way_out;  // what helps where it is wanted for its use and cannot be read: "convert it to JPEG or PNG"; empty where it is
                        // read. {file} and {stem} stand for the file's name, with its suffix and without
  bool always = false;  // whether that helps wherever the file is given
};

/// The first bytes that `file_kind` looks at.
inline constexpr size_t file_kind_bytes = 512;

/// The kind of a file that starts with these bytes; its name is empty where no kind is known. The one table of first bytes for all
/// readers, in the order in which it is asked.
FileKind file_kind(std::string_view start);

/// The same of a file; nameless where it cannot be opened.
FileKind read_file_kind(const std::filesystem::path& path);

/// Why the file `path`, which starts with these bytes, is not what a reader wants: "is a PDF document, not a video or image", or "is an
/// HEIC image; convert it to JPEG or PNG". Empty where its kind is unknown or is one that is read, so that something else is wrong with it.
std::string wrong_kind(std::string_view start, const std::filesystem::path& path, FileUse wanted);
/// The same with the bytes of the file; empty where it cannot be opened.
std::string wrong_kind(const std::filesystem::path& path, FileUse wanted);

/// What a folder is, by its model_index.json or config.json: "a model of the class WanPipeline", "a component of the class
/// UMT5EncoderModel"; "a folder" where it has neither.
std::string folder_kind(const std::filesystem::path& folder);

}  // namespace zoetrope::base
