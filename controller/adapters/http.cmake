# The HTTP server and client; a target of its own, so that the database and the broker stay out of
# what only speaks HTTP.
add_library(flotilla_http STATIC
  ${CMAKE_CURRENT_LIST_DIR}/http_client.cc
  ${CMAKE_CURRENT_LIST_DIR}/http_failure_limit.cc
  ${CMAKE_CURRENT_LIST_DIR}/http_server.cc)
target_link_libraries(flotilla_http
  PUBLIC flotilla_api
  PRIVATE flotilla_warnings PkgConfig::httplib OpenSSL::SSL Threads::Threads)
