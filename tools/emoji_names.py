#!/usr/bin/env python3
"""Writes zoetrope/world/cldr_names.cpp: what Unicode CLDR calls the characters of zoetrope/world/emoji.cpp in English and Chinese.

Needs the Debian package unicode-cldr-core. Run it from the root of the repository after adding an emoji.
"""
import re
import xml.etree.ElementTree as ET
from pathlib import Path

ANNOTATIONS = Path("/usr/share/unicode/cldr/common/annotations")
ENTRY = re.compile(r"entry\(\"[^\"]+\", U'(.)', U'(.)'")
HEAD = """// Written by tools/emoji_names.py from the annotations of Unicode CLDR (Unicode License, see NOTICE). Do not edit.
#include "zoetrope/base/error.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {

const CldrName& cldr_name(char32_t character) {
  // clang-format off
  static const CldrName names[] = {
"""
TAIL = """  };
  // clang-format on
  for (const CldrName& name : names)
    if (name.character == character) return name;
  throw base::Error("U+{:04X} has no name in cldr_names.cpp; run tools/emoji_names.py", static_cast<uint32_t>(character));
}

}  // namespace zoetrope::world
"""


def names(language):
    root = ET.parse(ANNOTATIONS / f"{language}.xml")
    return {a.get("cp"): a.text for a in root.iter("annotation") if a.get("type") == "tts"}


def main():
    english, chinese = names("en"), names("zh")
    used = sorted({named_after for _, named_after in ENTRY.findall(Path("zoetrope/world/emoji.cpp").read_text())})
    rows = [f'      {{U\'{c}\', "{english[c]}", "{chinese[c]}"}},\n' for c in used]
    Path("zoetrope/world/cldr_names.cpp").write_text(HEAD + "".join(rows) + TAIL)


if __name__ == "__main__":
    main()
