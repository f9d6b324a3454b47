# Every schema still conforms to the one of the last release: devices in the field read what today's
# controller writes, and the other way round. Renames, new file identifiers and another length of a
# struct's array pass here; the golden files catch them.
#
# Arguments: FLATC, SCHEMAS (the folder with fbs/ and baseline/), SCRATCH (a folder to write to).
cmake_minimum_required(VERSION 3.25)

function(conform baseline schema result)
  execute_process(COMMAND ${FLATC} --conform ${baseline} ${schema}
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(${result} ${code} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

# A change that flatc must refuse: FILE with FROM replaced by TO.
function(expect_refused file from to)
  file(READ ${SCHEMAS}/baseline/${file} text)
  string(REPLACE "${from}" "${to}" changed "${text}")
  if(changed STREQUAL text)
    message(FATAL_ERROR "self-check: ${file} does not contain '${from}'")
  endif()
  file(WRITE ${SCRATCH}/${file} "${changed}")
  conform(${SCHEMAS}/baseline/${file} ${SCRATCH}/${file} code)
  if(code EQUAL 0)
    message(FATAL_ERROR "self-check: flatc accepted '${to}' in place of '${from}' in ${file}")
  endif()
endfunction()

file(GLOB schemas RELATIVE ${SCHEMAS}/fbs ${SCHEMAS}/fbs/*.fbs)
file(GLOB baselines RELATIVE ${SCHEMAS}/baseline ${SCHEMAS}/baseline/*.fbs)
if(NOT schemas OR NOT baselines)
  message(FATAL_ERROR "no schemas in ${SCHEMAS}")
endif()
foreach(file IN LISTS baselines)
  if(NOT file IN_LIST schemas)
    message(FATAL_ERROR "${file} was released and is gone")
  endif()
  conform(${SCHEMAS}/baseline/${file} ${SCHEMAS}/fbs/${file} code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${file} does not conform to its baseline:\n${output}")
  endif()
endforeach()

# The check itself must be able to fail.
file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${SCHEMAS}/baseline/common.fbs DESTINATION ${SCRATCH})
expect_refused(chunk.fbs "index:uint (id: 1)" "index:ulong (id: 1)")
expect_refused(chunk.fbs "index:uint (id: 1)" "index:uint = 7 (id: 1)")
expect_refused(directive.fbs "Rollback = 3" "Rollback = 4")
list(LENGTH baselines count)
message(STATUS "${count} schemas conform; 3 planted changes were refused")
