# How the host's own code is compiled, and how a component becomes a library.

add_library(ringlet_options INTERFACE)
target_include_directories(ringlet_options INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/generated)
target_compile_options(ringlet_options INTERFACE
  -g -fno-strict-aliasing -fno-semantic-interposition -fno-omit-frame-pointer -fno-delete-null-pointer-checks
  $<$<COMPILE_LANGUAGE:CXX>:-fnon-call-exceptions>
  $<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Werror>)
# NT's structures have anonymous structures inside unions; clang has no other way to say that they are meant.
target_compile_options(ringlet_options INTERFACE
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-nested-anon-types;-Wno-gnu-anonymous-struct>)
# g++ 12 sees overlapping copies in std::string's operator+ that are not there (GCC bug 105651).
target_compile_options(ringlet_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)
# Pool tags are multi-character constants, as NT has them.
target_compile_options(ringlet_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-multichar>)
# NT's structures lie where drivers put them, unaligned too.
if(RINGLET_SANITIZE)
  target_compile_options(ringlet_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize=vptr,alignment -fno-sanitize-recover=undefined)
  target_compile_options(ringlet_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fno-sanitize=function>)
  target_link_options(ringlet_options INTERFACE -fsanitize=address,undefined)
endif()

# ringlet_component(name SOURCES ... DEPENDS ...): the static library ringlet_<name>.
function(ringlet_component name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(ringlet_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(ringlet_${name} PUBLIC ringlet_options ${ARG_DEPENDS})
  # The specification's generated headers come first.
  add_dependencies(ringlet_${name} ringlet_api_generated)
endfunction()
