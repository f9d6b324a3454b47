# INPUT: a text file; OUTPUT: a source file that holds its text; FUNCTION, HEADER: how it is reached.
# In parts: compilers need not take a string literal of more than 65,536 bytes.
file(READ "${INPUT}" text)
set(part_size 32768)
string(LENGTH "${text}" length)
set(parts "")
foreach(from RANGE 0 ${length} ${part_size})
  string(SUBSTRING "${text}" ${from} ${part_size} part)
  string(APPEND parts "\n    text += R\"embedded(${part})embedded\";")
endforeach()
file(WRITE "${OUTPUT}" "#include <string>

#include \"${HEADER}\"

namespace flotilla::controller::api {

std::string_view ${FUNCTION}() {
  static const std::string whole = [] {
    std::string text;${parts}
    return text;
  }();
  return whole;
}

}  // namespace flotilla::controller::api
")
