#pragma once
#include <string>
#include <string_view>

namespace zoetrope::text {

/// Which references to resolve: all that HTML reads, or only those that end in a semicolon, as careful readers of plain text do.
enum class References { all, closed };

/// Replaces the named and numbered character references of HTML 5 in UTF-8 text (HTML Standard, 13.2.5.72 and following). What is no
/// reference stays as it is. With `References::all` this is what Python's `html.unescape` does.
std::string unescape_html(std::string_view text, References which = References::all);

/// The names of HTML 5 as "CODE_CODE=name,name ...", codes in hexadecimal (HTML Standard, section 13.5).
extern const std::string_view html_entity_table;
/// Those names that HTML also reads without a semicolon, for old pages' sake.
extern const std::string_view html_bare_entity_names;

}  // namespace zoetrope::text
