# Builds Windows code on Linux: drivers (.sys) with clang and lld, console programs (.exe) with mingw-w64's g++.
#
#   include(RingletWindows)
#   ringlet_add_driver(zero SOURCES zero.cpp [INTEGRITY_CHECK] [C_STANDARD 17] [CPP_STANDARD 20]
#                      [INCLUDES dir...] [DEFINES NAME=VALUE...] [LIBRARIES module...])
#   ringlet_add_client(zero_test SOURCES test.cpp [CPP_STANDARD 20] [INCLUDES dir...] [DEFINES NAME=VALUE...])
#
# Each makes a target of its name whose RINGLET_IMAGE property is the image's path. wdk/README.md is the manual.
include_guard(GLOBAL)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH ringlet_root)
set(RINGLET_WDK_DIR ${ringlet_root}/wdk CACHE INTERNAL "Ringlet's completion of mingw-w64's driver headers")
if(PROJECT_SOURCE_DIR STREQUAL ringlet_root)
  set(ringlet_definitions ${PROJECT_BINARY_DIR}/generated/api)
else()
  set(ringlet_definitions ${CMAKE_BINARY_DIR}/ringlet-api)
endif()
set(RINGLET_API_DEFINITIONS ${ringlet_definitions} CACHE PATH
    "Folder of the module definition files (MODULE.def) from which import libraries are made")
if(NOT PROJECT_SOURCE_DIR STREQUAL ringlet_root AND RINGLET_API_DEFINITIONS STREQUAL ringlet_definitions)
  # Another project makes its own from the specification, when it is configured.
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
  execute_process(
    COMMAND ${Python3_EXECUTABLE} ${ringlet_root}/kernel/api/generate.py --output ${ringlet_definitions}
    COMMAND_ERROR_IS_FATAL ANY)
endif()

find_program(RINGLET_CLANG NAMES clang-19 REQUIRED)
find_program(RINGLET_LLD_LINK NAMES lld-link-19 REQUIRED)
find_program(RINGLET_DLLTOOL NAMES llvm-dlltool-19 REQUIRED)
find_program(RINGLET_MINGW_CXX NAMES x86_64-w64-mingw32-g++-posix x86_64-w64-mingw32-g++ REQUIRED)
find_program(RINGLET_MINGW_CC NAMES x86_64-w64-mingw32-gcc-posix x86_64-w64-mingw32-gcc REQUIRED)
find_path(RINGLET_MINGW_INCLUDE NAMES ddk/wdm.h PATHS /usr/x86_64-w64-mingw32/include NO_DEFAULT_PATH REQUIRED)

execute_process(COMMAND ${RINGLET_CLANG} -print-resource-dir
  OUTPUT_VARIABLE ringlet_clang_resources OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# Real source spells header names in any case, and this machine's files have one: every system header folder is seen
# again through clang's virtual file system, which compares names without regard to case.
function(_ringlet_write_overlay output)
  set(folders ${RINGLET_WDK_DIR}/include ${RINGLET_WDK_DIR}/include/ringlet
              ${RINGLET_MINGW_INCLUDE}/ddk ${RINGLET_MINGW_INCLUDE})
  set(roots)
  foreach(folder ${folders})
    set(entries)
    file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h)
    foreach(header ${headers})
      cmake_path(GET header FILENAME name)
      list(APPEND entries
        "        { \"type\": \"file\", \"name\": \"${name}\", \"external-contents\": \"${header}\" }")
    endforeach()
    list(JOIN entries ",\n" entries)
    list(APPEND roots
      "    { \"type\": \"directory\", \"name\": \"${folder}\", \"contents\": [\n${entries}\n    ] }")
  endforeach()
  list(JOIN roots ",\n" roots)
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"{
  \"version\": 0,
  \"case-sensitive\": \"false\",
  \"roots\": [
@roots@
  ]
}
")
endfunction()

set(ringlet_overlay ${CMAKE_BINARY_DIR}/ringlet-headers.yaml)
_ringlet_write_overlay(${ringlet_overlay})

set(ringlet_driver_flags
  --target=x86_64-pc-windows-msvc -fms-extensions -fms-compatibility -fms-compatibility-version=19.38 -fgnuc-version=12
  -nostdinc -ivfsoverlay ${ringlet_overlay}
  -isystem ${RINGLET_WDK_DIR}/include -isystem ${RINGLET_MINGW_INCLUDE}/ddk -isystem ${RINGLET_MINGW_INCLUDE}
  -isystem ${ringlet_clang_resources}/include
  -fshort-wchar -fno-strict-aliasing -fno-exceptions -funwind-tables -fstack-protector-strong -fno-ident -ffunction-sections -g -gcodeview
  -D_WIN64 -D_AMD64_ -DAMD64 -DWINNT=1 -D_KERNEL_MODE=1 -D_WIN32_WINNT=0x0A00 -DWINVER=0x0A00 -DNTDDI_VERSION=0x0A00000B
  -Wall -Wno-unknown-pragmas -Wno-pragma-pack -Wno-ignored-pragma-intrinsic -Wno-microsoft -Wno-multichar -Wno-unused-function
  -Wno-c++11-narrowing)
set(ringlet_driver_cxx_flags -fno-rtti -fno-threadsafe-statics)
set(ringlet_link_flags
  /nologo /driver /subsystem:native,10.00 /nodefaultlib /machine:x64 /dynamicbase /nxcompat /release /debug
  /pdbaltpath:%_PDB% /entry:GsDriverEntry /merge:.gfids=.rdata)
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  list(APPEND ringlet_driver_flags -O0 -DDBG=1)
else()
  list(APPEND ringlet_driver_flags -O2 -Xclang -cfguard -DDBG=0 -DNDEBUG)
  list(APPEND ringlet_link_flags /guard:cf /opt:ref /opt:icf)
endif()

# The modules that have a definition file: of this build's specification, or found in RINGLET_API_DEFINITIONS.
function(_ringlet_known_modules result)
  get_property(modules GLOBAL PROPERTY RINGLET_API_MODULES)
  if(NOT modules)
    file(GLOB files ${RINGLET_API_DEFINITIONS}/*.def)
    foreach(file ${files})
      cmake_path(GET file STEM LAST_ONLY module)
      list(APPEND modules ${module})
    endforeach()
  endif()
  set(${result} ${modules} PARENT_SCOPE)
endfunction()

# The import library of a built-in module ("ntoskrnl.exe"), made once for all drivers of a build.
function(_ringlet_import_library module result)
  cmake_path(GET module STEM stem)
  set(library ${CMAKE_BINARY_DIR}/ringlet-lib/${stem}.lib)
  set(${result} ${library} PARENT_SCOPE)
  if(TARGET ringlet_import_${stem})
    return()
  endif()
  set(definition ${RINGLET_API_DEFINITIONS}/${module}.def)
  set(depends)
  if(TARGET ringlet_api_generated)
    set(depends ringlet_api_generated)
  endif()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/ringlet-lib)
  add_custom_command(OUTPUT ${library}
    COMMAND ${RINGLET_DLLTOOL} -m i386:x86-64 -d ${definition} -l ${library}
    DEPENDS ${definition} ${depends}
    COMMENT "Making the import library of ${module}" VERBATIM)
  add_custom_target(ringlet_import_${stem} DEPENDS ${library})
endfunction()

# The entry point, load configuration and memory functions that every driver is linked with (wdk/support), made once.
function(_ringlet_support_library result)
  set(objects)
  foreach(name runtime memory gs_driver_entry load_config wdmsec)
    set(source ${RINGLET_WDK_DIR}/support/${name}.c)
    set(object ${CMAKE_BINARY_DIR}/ringlet-lib/${name}.obj)
    list(APPEND objects ${object})
    if(NOT TARGET ringlet_driver_support)
      file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/ringlet-lib)
      add_custom_command(OUTPUT ${object}
        COMMAND ${RINGLET_CLANG} ${ringlet_driver_flags} -std=gnu17 -c ${source} -o ${object}
        DEPENDS ${source} COMMENT "Compiling wdk/support/${name}.c" VERBATIM)
    endif()
  endforeach()
  if(NOT TARGET ringlet_driver_support)
    add_custom_target(ringlet_driver_support DEPENDS ${objects})
  endif()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

# The object file of one source: its flags come from its language and from whether it has __try.
function(_ringlet_driver_object driver source index result)
  cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE OUTPUT_VARIABLE path)
  cmake_path(GET path FILENAME name)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${driver}.dir/${index}-${name}.obj)
  set(flags ${ringlet_driver_flags} ${ARGN})
  if(name MATCHES "\\.[cC]$")
    list(APPEND flags -std=gnu${ARG_C_STANDARD} -fasync-exceptions)
  else()
    list(APPEND flags -std=c++${ARG_CPP_STANDARD} ${ringlet_driver_cxx_flags})
    # In C++ the option costs a personality routine in every function with a destructor.
    file(STRINGS ${path} uses_seh REGEX "(^|[^A-Za-z0-9_])(__try|try)([^A-Za-z0-9_]|$)" LIMIT_COUNT 1)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    if(uses_seh)
      list(APPEND flags -fasync-exceptions)
    endif()
  endif()
  cmake_path(RELATIVE_PATH object BASE_DIRECTORY ${CMAKE_BINARY_DIR} OUTPUT_VARIABLE shown)
  add_custom_command(OUTPUT ${object}
    COMMAND ${RINGLET_CLANG} ${flags} -MD -MF ${object}.d -MT ${object} -c ${path} -o ${object}
    DEPENDS ${path} ${ringlet_overlay} DEPFILE ${object}.d
    COMMENT "Compiling ${shown}" VERBATIM)
  set(${result} ${object} PARENT_SCOPE)
endfunction()

function(ringlet_add_driver name)
  cmake_parse_arguments(ARG "INTEGRITY_CHECK" "C_STANDARD;CPP_STANDARD" "SOURCES;INCLUDES;DEFINES;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "ringlet_add_driver(${name}): SOURCES is empty")
  endif()
  if(NOT ARG_C_STANDARD)
    set(ARG_C_STANDARD 17)
  endif()
  if(NOT ARG_CPP_STANDARD)
    set(ARG_CPP_STANDARD 20)
  endif()
  list(TRANSFORM ARG_DEFINES PREPEND -D)
  set(flags ${ARG_DEFINES} -I${CMAKE_CURRENT_SOURCE_DIR})
  foreach(folder ${ARG_INCLUDES})
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND flags -I${folder})
  endforeach()

  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir)
  _ringlet_support_library(support)
  set(objects ${support})
  set(index 0)
  foreach(source ${ARG_SOURCES})
    _ringlet_driver_object(${name} ${source} ${index} object ${flags})
    list(APPEND objects ${object})
    math(EXPR index "${index} + 1")
  endforeach()

  _ringlet_known_modules(known)
  set(libraries)
  set(imports)
  foreach(module ntoskrnl.exe hal.dll fltmgr.sys ${ARG_LIBRARIES})
    if(module IN_LIST known)
      _ringlet_import_library(${module} library)
      list(APPEND libraries ${library})
      cmake_path(GET module STEM stem)
      list(APPEND imports ringlet_import_${stem})
    elseif(module IN_LIST ARG_LIBRARIES)
      message(FATAL_ERROR "ringlet_add_driver(${name}): no definition of ${module} in ${RINGLET_API_DEFINITIONS}")
    endif()
  endforeach()

  set(image ${CMAKE_CURRENT_BINARY_DIR}/${name}.sys)
  set(link_flags ${ringlet_link_flags})
  if(ARG_INTEGRITY_CHECK)
    list(APPEND link_flags /integritycheck)
  endif()
  add_custom_command(OUTPUT ${image} BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/${name}.pdb
    COMMAND ${RINGLET_LLD_LINK} ${link_flags} /out:${image} /pdb:${CMAKE_CURRENT_BINARY_DIR}/${name}.pdb
            ${objects} ${libraries}
    DEPENDS ${objects} ${libraries}
    COMMENT "Linking ${name}.sys" VERBATIM)
  add_custom_target(${name} ALL DEPENDS ${image})
  # Files made by another folder's commands are known there only; the targets carry the order here.
  add_dependencies(${name} ringlet_driver_support ${imports})
  set_target_properties(${name} PROPERTIES RINGLET_IMAGE ${image})
endfunction()

function(ringlet_add_client name)
  cmake_parse_arguments(ARG "" "C_STANDARD;CPP_STANDARD" "SOURCES;INCLUDES;DEFINES;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "ringlet_add_client(${name}): SOURCES is empty")
  endif()
  if(NOT ARG_C_STANDARD)
    set(ARG_C_STANDARD 17)
  endif()
  if(NOT ARG_CPP_STANDARD)
    set(ARG_CPP_STANDARD 20)
  endif()
  set(common -g -Wall -DUNICODE -D_UNICODE -D_WIN32_WINNT=0x0A00 -I${CMAKE_CURRENT_SOURCE_DIR})
  if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    list(APPEND common -O0 -D_DEBUG -DDBG=1)
  else()
    list(APPEND common -O2 -DNDEBUG)
  endif()
  list(TRANSFORM ARG_DEFINES PREPEND -D)
  list(APPEND common ${ARG_DEFINES})
  foreach(folder ${ARG_INCLUDES})
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND common -I${folder})
  endforeach()

  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir)
  set(objects)
  set(entry)
  set(index 0)
  foreach(source ${ARG_SOURCES})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE OUTPUT_VARIABLE path)
    cmake_path(GET path FILENAME file)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/${index}-${file}.obj)
    if(file MATCHES "\\.[cC]$")
      set(compiler ${RINGLET_MINGW_CC} -std=gnu${ARG_C_STANDARD})
    else()
      set(compiler ${RINGLET_MINGW_CXX} -std=gnu++${ARG_CPP_STANDARD})
    endif()
    # Structured exceptions are Microsoft's: of the compilers for mingw only clang knows them.
    file(STRINGS ${path} structured REGEX "(^|[^A-Za-z0-9_])__try[ \t]*{?$" LIMIT_COUNT 1)
    if(structured)
      list(POP_FRONT compiler)
      list(PREPEND compiler ${RINGLET_CLANG} --target=x86_64-w64-windows-gnu -fms-extensions -Xclang -fasync-exceptions)
    endif()
    # A program that starts at wmain needs the wide start-up code.
    file(STRINGS ${path} wide REGEX "(^|[^A-Za-z0-9_])(wmain|wWinMain)[ \t]*\\(" LIMIT_COUNT 1)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    if(wide)
      set(entry -municode)
    endif()
    cmake_path(RELATIVE_PATH object BASE_DIRECTORY ${CMAKE_BINARY_DIR} OUTPUT_VARIABLE shown)
    add_custom_command(OUTPUT ${object}
      COMMAND ${compiler} ${common} -MD -MF ${object}.d -MT ${object} -c ${path} -o ${object}
      DEPENDS ${path} DEPFILE ${object}.d
      COMMENT "Compiling ${shown}" VERBATIM)
    list(APPEND objects ${object})
    math(EXPR index "${index} + 1")
  endforeach()

  set(image ${CMAKE_CURRENT_BINARY_DIR}/${name}.exe)
  list(TRANSFORM ARG_LIBRARIES PREPEND -l OUTPUT_VARIABLE libraries)
  add_custom_command(OUTPUT ${image}
    COMMAND ${RINGLET_MINGW_CXX} -static ${entry} -o ${image} ${objects} ${libraries}
    DEPENDS ${objects}
    COMMENT "Linking ${name}.exe" VERBATIM)
  add_custom_target(${name} ALL DEPENDS ${image})
  set_target_properties(${name} PROPERTIES RINGLET_IMAGE ${image})
endfunction()
