# az_layer(core …): az_core, a static library of the folder's pure files.
# az_edge(core …):  az_core_io, of its io_*.c files.
# The programs' main.c belongs to neither.
function(az_sources out folder)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.c)
  list(FILTER all EXCLUDE REGEX "/main\\.c$")
  set(${out} ${all} PARENT_SCOPE)
endfunction()

function(az_library target sources)
  cmake_parse_arguments(PARSE_ARGV 2 A "" "" "DEPENDS;LINK")
  add_library(${target} STATIC ${sources})
  target_link_libraries(${target} PUBLIC ${A_DEPENDS} ${A_LINK})
endfunction()

function(az_layer folder)
  az_sources(all ${folder})
  list(FILTER all EXCLUDE REGEX "/io_[^/]*\\.c$")
  az_library(az_${folder} "${all}" ${ARGN})
endfunction()

function(az_edge folder)
  az_sources(all ${folder})
  list(FILTER all INCLUDE REGEX "/io_[^/]*\\.c$")
  az_library(az_${folder}_io "${all}" ${ARGN})
endfunction()
