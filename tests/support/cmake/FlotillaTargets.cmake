# Flags as INTERFACE targets, third-party packages under one name each, and the test functions.

# ---- flags
add_library(flotilla_warnings INTERFACE)
target_compile_options(flotilla_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough $<$<BOOL:${FLOTILLA_WERROR}>:-Werror>)
# A virtual class with a protected, non-virtual destructor is the ports' idiom; gcc's check of the
# same name misreads it when a final class implements two of them.
target_compile_options(flotilla_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-non-virtual-dtor>)
# gcc 12 sees overlaps in std::string concatenation that cannot be (GCC bug 105651).
target_compile_options(flotilla_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

add_library(flotilla_core_flags INTERFACE)
target_compile_options(flotilla_core_flags INTERFACE
  -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections
  -ffp-contract=off)

if(FLOTILLA_SANITIZE)
  add_compile_options(-fsanitize=${FLOTILLA_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FLOTILLA_SANITIZE})
endif()

# Compiles a target's files as one where the templates of its headers (GoogleTest, nlohmann/json,
# CLI11), instantiated in each file again, are most of the work: a fifth of the time. The presets dev
# and clang compile file by file, so that a change costs one file and each stands on its own.
function(flotilla_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${FLOTILLA_UNITY} UNITY_BUILD_BATCH_SIZE 0)
endfunction()

# ---- third party
find_package(Threads REQUIRED)
find_package(Flatbuffers NAMES FlatBuffers Flatbuffers REQUIRED CONFIG)
find_package(OpenSSL REQUIRED)
find_package(zstd REQUIRED CONFIG)  # before RocksDB, whose own finder hides the shared target
find_package(RocksDB REQUIRED CONFIG)
find_package(PahoMqttCpp REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)

# mbedTLS 2.28 in Debian ships neither a CMake package nor a .pc file.
find_path(MBEDTLS_INCLUDE_DIR mbedtls/ssl.h REQUIRED)
find_library(MBEDTLS_LIBRARY mbedtls REQUIRED)
find_library(MBEDX509_LIBRARY mbedx509 REQUIRED)
find_library(MBEDCRYPTO_LIBRARY mbedcrypto REQUIRED)
add_library(flotilla_mbedcrypto INTERFACE)
target_include_directories(flotilla_mbedcrypto SYSTEM INTERFACE ${MBEDTLS_INCLUDE_DIR})
target_link_libraries(flotilla_mbedcrypto INTERFACE ${MBEDCRYPTO_LIBRARY})
add_library(flotilla_mbedtls INTERFACE)
target_link_libraries(flotilla_mbedtls INTERFACE
  ${MBEDTLS_LIBRARY} ${MBEDX509_LIBRARY} flotilla_mbedcrypto)

# ---- tests
# flotilla_unit_test(NAME name SOURCES file... LIBS target...)
# One GoogleTest executable; its cases appear in CTest as one test with the label "unit".
function(flotilla_unit_test)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} flotilla_warnings GTest::gmock
    GTest::gtest_main)
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS unit TIMEOUT 1200)
endfunction()

# flotilla_fuzz_target(NAME fuzz_name SOURCES file... LIBS target...)
# A libFuzzer executable (clang) and, as CTest test "fuzz", one bounded run. It begins with the
# inputs that the target fuzz_seeds wrote for it and with what its earlier runs found.
function(flotilla_fuzz_target)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS" ${ARGN})
  string(REPLACE "fuzz_" "" name ${ARG_NAME})
  set(corpus ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name})
  set(seeds ${CMAKE_CURRENT_BINARY_DIR}/seeds/${name})
  file(MAKE_DIRECTORY ${corpus} ${seeds})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} flotilla_warnings)
  target_link_options(${ARG_NAME} PRIVATE -fsanitize=fuzzer)
  set(FLOTILLA_FUZZ_SECONDS 60 CACHE STRING "Seconds a fuzz test runs")
  add_test(NAME ${ARG_NAME}
    COMMAND ${ARG_NAME} -max_total_time=${FLOTILLA_FUZZ_SECONDS} -rss_limit_mb=2048 -timeout=10
      ${corpus} ${seeds})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS fuzz TIMEOUT 600 FIXTURES_REQUIRED fuzz_seeds)
  add_dependencies(fuzzers ${ARG_NAME})
endfunction()
