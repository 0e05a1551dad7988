# What every file is compiled with.
add_compile_options(-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
                    -Wwrite-strings -Wvla -Wno-unused-parameter
                    -Wno-missing-braces -fno-common)
add_compile_options($<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>)
add_compile_definitions(_GNU_SOURCE ASSIZE_VERSION="${PROJECT_VERSION}")
include_directories(${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})

# A program loads what it calls: only what fits models needs LAPACK.
add_link_options(-Wl,--as-needed)

if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
  add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
endif()
if(ASSIZE_SANITIZE)
  add_compile_options(-fsanitize=${ASSIZE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ASSIZE_SANITIZE})
endif()
if(ASSIZE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(ASSIZE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(ASSIZE_PLANT)
  add_compile_definitions(ASSIZE_PLANT=${ASSIZE_PLANT})
endif()
