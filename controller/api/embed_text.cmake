# INPUT: a text file; OUTPUT: a source file that holds its text; FUNCTION, HEADER: how it is reached.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"

namespace flotilla::controller::api {

std::string_view ${FUNCTION}() {
  return R\"embedded(${text})embedded\";
}

}  // namespace flotilla::controller::api
")
