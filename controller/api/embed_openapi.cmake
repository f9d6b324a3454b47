# INPUT: openapi.json; OUTPUT: a source file that holds its text.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "#include \"controller/api/endpoints.h\"

namespace flotilla::controller::api {

std::string_view openapi_text() {
  return R\"openapi(${text})openapi\";
}

}  // namespace flotilla::controller::api
")
