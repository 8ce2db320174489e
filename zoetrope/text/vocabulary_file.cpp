#include "zoetrope/text/vocabulary_file.h"

#include <cstdint>
#include <cstring>

#include "zoetrope/base/error.h"

namespace zoetrope::text {
namespace {

/// The fields of a protobuf message, one after the other (protobuf.dev, Encoding).
class Fields {
 public:
  Fields(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  /// Goes to the next field; false at the end. Afterwards `number` is set, and `content` where the field has a length of its own.
  bool next() {
    if (bytes_.empty()) return false;
    uint64_t tag = variable();
    number = tag >> 3;
    content = {};
    switch (tag & 7) {
      case 0:
        variable();
        break;
      case 1:
        take(8);
        break;
      case 2:
        content = take(variable());
        break;
      case 5:
        take(4);
        break;
      default:
        broken();
    }
    return true;
  }

  uint64_t number = 0;
  std::string_view content;

 private:
  [[noreturn]] void broken() const { throw base::Error("{}: is not a SentencePiece model: it is cut off or damaged", name_); }

  std::string_view take(uint64_t length) {
    if (length > bytes_.size()) broken();
    std::string_view taken = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return taken;
  }

  uint64_t variable() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      auto byte = static_cast<uint8_t>(take(1)[0]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    broken();
  }

  std::string_view bytes_, name_;
};

/// A unit of a double-array trie as Darts-clone lays it out.
struct Unit {
  uint32_t bits;
  bool is_value() const { return bits >> 31; }
  uint32_t value() const { return bits & 0x7FFFFFFF; }
  bool has_value() const { return (bits >> 8) & 1; }
  uint64_t offset() const { return static_cast<uint64_t>(bits >> 10) << ((bits & (1u << 9)) >> 6); }
};

/// True if no walk through the map leaves it. A map is the length of the trie (32 bits), the trie, and the texts that its values point
/// to, each with a zero behind it.
bool is_sound(std::string_view map) {
  uint32_t length = 0;
  if (map.size() <= sizeof(length)) return false;
  std::memcpy(&length, map.data(), sizeof(length));
  map.remove_prefix(sizeof(length));
  if (length == 0 || length % sizeof(Unit) != 0 || length >= map.size() || map.back() != '\0') return false;

  uint64_t units = length / sizeof(Unit), texts = map.size() - length;
  auto unit = [&](uint64_t place) {
    Unit found;
    std::memcpy(&found, map.data() + place * sizeof(Unit), sizeof(Unit));
    return found;
  };
  for (uint64_t place = 0; place < units; ++place) {
    Unit here = unit(place);
    if (here.is_value() && place > 0) continue;  // no walk goes on from a value; all begin at 0
    uint64_t children = place ^ here.offset();   // a walk goes on to children ^ byte
    if ((children | 0xFF) >= units) return false;
    if (here.has_value() && unit(children).value() >= texts) return false;
  }
  return true;
}

}  // namespace

void check_vocabulary_file(std::string_view bytes, std::string_view name) {
  constexpr uint64_t normalizer = 3, denormalizer = 5, map = 2;
  for (Fields model(bytes, name); model.next();) {
    if (model.number != normalizer && model.number != denormalizer) continue;
    for (Fields spec(model.content, name); spec.next();) {
      if (spec.number == map && !spec.content.empty() && !is_sound(spec.content))
        throw base::Error("{}: the character map of this SentencePiece model is damaged; get the file again", name);
    }
  }
}

}  // namespace zoetrope::text
