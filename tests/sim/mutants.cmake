# Planted bugs: each file mutants/NAME.mutant names a source of the product and a piece of its text
# that a copy replaces. A simulator with that copy must find the bug within the stated number of
# seeds. Nothing of this is in the product; a mutant whose text is gone stops the configuration.

# Reads one mutant and writes the changed source to `output`; sets <prefix>_SCENARIO and _SEEDS.
function(read_mutant description output prefix)
  file(READ ${description} text)
  string(REGEX MATCH "file: ([^\n]+)" ignored "${text}")
  set(source ${PROJECT_SOURCE_DIR}/${CMAKE_MATCH_1})
  string(REGEX MATCH "scenario: ([^\n]+)" ignored "${text}")
  set(${prefix}_SCENARIO ${CMAKE_MATCH_1} PARENT_SCOPE)
  string(REGEX MATCH "seeds: ([^\n]+)" ignored "${text}")
  set(${prefix}_SEEDS ${CMAKE_MATCH_1} PARENT_SCOPE)

  string(FIND "${text}" "<<<<\n" begin)
  string(FIND "${text}" "====\n" middle)
  string(FIND "${text}" ">>>>" end)
  math(EXPR from_begin "${begin} + 5")
  math(EXPR from_length "${middle} - ${from_begin}")
  math(EXPR to_begin "${middle} + 5")
  math(EXPR to_length "${end} - ${to_begin}")
  string(SUBSTRING "${text}" ${from_begin} ${from_length} from)
  string(SUBSTRING "${text}" ${to_begin} ${to_length} to)
  # The last line break belongs to the format.
  string(REGEX REPLACE "\n$" "" from "${from}")
  string(REGEX REPLACE "\n$" "" to "${to}")

  file(READ ${source} code)
  string(FIND "${code}" "${from}" first)
  string(FIND "${code}" "${from}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${description}: its text is not exactly once in ${source}")
  endif()
  string(REPLACE "${from}" "${to}" code "${code}")
  if(EXISTS ${output})
    file(READ ${output} before)
  endif()
  if(NOT "${before}" STREQUAL "${code}")
    file(WRITE ${output} "${code}")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${description} ${source})
endfunction()

# Built by the target sim_mutants alone, run by the tests with the label "mutant".
add_custom_target(sim_mutants)
# What the long check builds of all this: the simulator, its tests, its mutants.
add_custom_target(sim_checks DEPENDS flotilla_sim sim_parts_test sim_broker_differential
  sim_mutants)
file(GLOB mutants CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/mutants/*.mutant)
foreach(description IN LISTS mutants)
  get_filename_component(name ${description} NAME_WE)
  set(changed ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}.cc)
  read_mutant(${description} ${changed} MUTANT)
  add_executable(sim_mutant_${name} EXCLUDE_FROM_ALL
    ${PROJECT_SOURCE_DIR}/simulator/main.cc ${changed})
  target_link_libraries(sim_mutant_${name} PRIVATE flotilla_sim_verbs flotilla_sim_load)
  add_dependencies(sim_mutants sim_mutant_${name})
  add_test(NAME sim_mutant_${name}
    COMMAND sim_mutant_${name} run ${MUTANT_SCENARIO} --seeds ${MUTANT_SEEDS} --must-fail)
  set_tests_properties(sim_mutant_${name} PROPERTIES LABELS mutant TIMEOUT 900)
endforeach()

# A failure is made small, and the small one fails as well.
add_test(NAME sim_shrink_mutant
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/shrink_mutant.sh $<TARGET_FILE:sim_mutant_slot_not_synced>
    power-storm 60)
set_tests_properties(sim_shrink_mutant PROPERTIES LABELS mutant TIMEOUT 900)
