#include "zoetrope/media/metadata_blocks.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/media/byte_cursor.h"
#include "zoetrope/media/metadata.h"

namespace zoetrope::media {
namespace {

constexpr std::string_view key = metadata_key;

std::string big_endian(uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> 8 * i);
  return out;
}

constexpr std::string_view png_signature("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view jpeg_start("\xff\xd8", 2);
constexpr std::string_view xmp_marker("http://ns.adobe.com/xap/1.0/\0", 29);

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '\r':
        escaped += "&#13;";
        break;  // XML readers would make a line feed of it
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// The segments of a JPEG before the image itself: their markers and what is in them.
template <class Each>
void for_each_segment(std::string_view jpeg, Each&& each) {
  Cursor at(jpeg);
  if (!at.skip(jpeg_start)) return;
  while (!at.ended() && at.byte() == 0xff) {
    const uint8_t marker = at.byte();
    if (marker == 0xda || marker == 0xd9) return;  // the image itself begins, or the file ends
    const uint32_t length = at.big_endian(2);
    if (length < 2) return;
    each(marker, at.take(length - 2));
  }
}

}  // namespace

std::string with_png_text(std::string_view png, std::string_view keyword, std::string_view text) {
  if (text.empty()) return std::string(png);
  constexpr size_t header_end = 8 + 4 + 4 + 13 + 4;  // signature, then IHDR with its length, name, body and checksum
  // keyword, NUL, not compressed (flag and method), no language, no translated keyword
  std::string body = fmt::format("iTXt{}{}", keyword, std::string_view("\0\0\0\0\0", 5));
  body += text;
  std::string out(png.substr(0, header_end));
  out += big_endian(static_cast<uint32_t>(body.size() - 4), 4) + body + big_endian(base::crc32(body), 4);
  return out.append(png.substr(header_end));
}

std::optional<std::string> png_text(std::string_view png, std::string_view keyword) {
  Cursor at(png);
  if (!at.skip(png_signature)) return std::nullopt;
  while (!at.ended()) {
    uint32_t length = at.big_endian(4);
    std::string_view name = at.take(4), body = at.take(length);
    at.take(4);  // checksum
    std::string opening = std::string(keyword) + std::string(5, '\0');
    if (name == "iTXt" && body.starts_with(opening)) return std::string(body.substr(opening.size()));
  }
  return std::nullopt;
}

std::string with_jpeg_comment(std::string_view jpeg, std::string_view text) {
  std::string out(jpeg_start);
  constexpr size_t space = 0xffff - 2 - (key.size() + 1);  // the length counts itself; each piece begins with "zoetrope "
  while (!text.empty()) {
    const size_t size = base::whole_characters(text, space);
    out += "\xff\xfe" + big_endian(static_cast<uint32_t>(2 + key.size() + 1 + size), 2);
    out.append(key).append(" ").append(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out.append(jpeg.substr(jpeg_start.size()));
}

std::optional<std::string> jpeg_comment(std::string_view jpeg) {
  std::optional<std::string> text;
  const std::string opening = std::string(key) + " ";
  for_each_segment(jpeg, [&](uint8_t marker, std::string_view body) {
    if (marker == 0xfe && body.starts_with(opening)) text = text.value_or("").append(body.substr(opening.size()));
  });
  return text;
}

std::string with_jpeg_xmp(std::string_view jpeg, std::string_view packet) {
  if (packet.empty()) return std::string(jpeg);
  std::string out(jpeg_start);
  out += "\xff\xe1" + big_endian(static_cast<uint32_t>(2 + xmp_marker.size() + packet.size()), 2);
  return out.append(xmp_marker).append(packet).append(jpeg.substr(jpeg_start.size()));
}

std::optional<std::string_view> jpeg_xmp(std::string_view jpeg) {
  std::optional<std::string_view> packet;
  for_each_segment(jpeg, [&](uint8_t marker, std::string_view body) {
    if (marker == 0xe1 && body.starts_with(xmp_marker)) packet = body.substr(xmp_marker.size());
  });
  return packet;
}

void append_gif_comment(const std::filesystem::path& path, std::string_view text) {
  if (text.empty()) return;
  std::string body = fmt::format("{} {}", key, text), extension = "\x21\xfe";
  for (size_t i = 0; i < body.size(); i += 255) {  // sub-blocks of at most 255 bytes, each behind its length
    std::string block = body.substr(i, 255);
    extension += static_cast<char>(block.size()) + block;
  }
  extension += std::string_view("\0\x3b", 2);  // the end of the blocks, the end of the file
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-1, std::ios::end);  // over the old end of the file
  file.write(extension.data(), static_cast<std::streamsize>(extension.size()));
  file.close();
  if (!file) throw base::Error("{}: the metadata cannot be written", path.string());
}

std::optional<std::string> gif_comment(std::string_view gif) {
  const std::string opening = std::string(key) + " ";
  Cursor at(gif);
  if (std::string_view version = at.take(6); version != "GIF89a" && version != "GIF87a") return std::nullopt;
  auto colours = [&](uint8_t flags) { at.take(flags & 0x80 ? size_t{3} << ((flags & 7) + 1) : 0); };
  auto blocks = [&] {
    std::string bytes;
    while (uint8_t size = at.byte()) bytes += at.take(size);
    return bytes;
  };
  at.take(4);  // size of the screen
  uint8_t flags = at.byte();
  at.take(2);  // background, pixel aspect
  colours(flags);
  while (!at.ended()) {
    uint8_t introducer = at.byte();
    if (introducer == 0x21) {  // an extension: label, blocks
      bool comment = at.byte() == 0xfe;
      std::string text = blocks();
      if (comment && text.starts_with(opening)) return text.substr(opening.size());
    } else if (introducer == 0x2c) {  // an image: place and size, its colours, code size, blocks
      at.take(8);
      colours(at.byte());
      at.take(1);
      blocks();
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string xmp_packet(std::string_view request, std::string_view aigc) {
  if (request.empty() && aigc.empty()) return "";
  auto property = [](std::string_view name, std::string_view text) {
    return text.empty() ? "" : fmt::format("<{0}>{1}</{0}>", name, escape_xml(text));
  };
  return fmt::format(
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description rdf:about=\"\" xmlns:{0}=\"urn:{0}\" xmlns:TC260=\"http://www.tc260.org.cn/ns/AIGC/1.0/\">{1}{2}"
      "</rdf:Description></rdf:RDF></x:xmpmeta>",
      key, property(xmp_request, request), property(xmp_aigc, aigc));
}

std::optional<std::string> xmp_property(std::string_view packet, std::string_view name) {
  const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
  const size_t begin = packet.find(open), end = packet.rfind(close);
  if (begin == packet.npos || end == packet.npos || end < begin + open.size()) return std::nullopt;
  std::string_view escaped = packet.substr(begin + open.size(), end - begin - open.size());
  constexpr std::pair<std::string_view, char> entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&#13;", '\r'}};
  std::string text;
  while (!escaped.empty()) {
    auto entity = std::ranges::find_if(entities, [&](const auto& e) { return escaped.starts_with(e.first); });
    bool plain = entity == std::end(entities);
    text += plain ? escaped[0] : entity->second;
    escaped.remove_prefix(plain ? 1 : entity->first.size());
  }
  return text;
}

std::optional<std::string_view> webp_xmp(std::string_view webp) {
  Cursor at(webp);
  if (!at.skip("RIFF")) return std::nullopt;
  at.take(4);  // size of all that follows
  if (!at.skip("WEBP")) return std::nullopt;
  while (!at.ended()) {
    std::string_view name = at.take(4);
    uint32_t size = at.little_endian(4);
    std::string_view body = at.take(size);
    at.take(size % 2);  // chunks begin at even places
    if (name == "XMP ") return body;
  }
  return std::nullopt;
}

}  // namespace zoetrope::media
