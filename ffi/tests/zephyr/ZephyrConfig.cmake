# Stands in for Zephyr's build, for a host: what the module and its sample call, with Zephyr's meaning.
project(Zephyr-Kernel LANGUAGES C)
set(_here "${CMAKE_CURRENT_LIST_DIR}")

add_library(zephyr_interface INTERFACE)
target_include_directories(zephyr_interface INTERFACE "${_here}/include")
add_library(app STATIC)
target_link_libraries(app PUBLIC zephyr_interface)

function(zephyr_include_directories)
  target_include_directories(zephyr_interface INTERFACE ${ARGV})
endfunction()

function(zephyr_append_cmake_library library)
  set_property(GLOBAL APPEND PROPERTY ZEPHYR_LIBS ${library})
endfunction()

function(zephyr_library_import name path)
  add_library(${name} STATIC IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${path})
  zephyr_append_cmake_library(${name})
endfunction()

macro(zephyr_library_named name)
  set(ZEPHYR_CURRENT_LIBRARY ${name})
  add_library(${name} STATIC)
  zephyr_append_cmake_library(${name})
  target_link_libraries(${name} PUBLIC zephyr_interface)
endmacro()

function(zephyr_library_sources)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGV})
endfunction()

function(zephyr_library_link_libraries)
  target_link_libraries(${ZEPHYR_CURRENT_LIBRARY} PUBLIC ${ARGV})
endfunction()

foreach(_module IN LISTS ZEPHYR_EXTRA_MODULES)
  file(STRINGS "${_module}/zephyr/module.yml" _cmake REGEX "^  cmake: ")
  string(REPLACE "  cmake: " "" _cmake "${_cmake}")
  execute_process(COMMAND "${PYTHON}" "${_here}/../kconfig.py" configure "${_here}/Kconfig" "${_module}"
      "${CMAKE_CURRENT_SOURCE_DIR}/prj.conf" "${CMAKE_CURRENT_BINARY_DIR}" ARCH_POSIX=y 64BIT=y ${EXTRA_CONF}
    RESULT_VARIABLE _failed)
  if(_failed)
    message(FATAL_ERROR "the configuration cannot be made")
  endif()
  include("${CMAKE_CURRENT_BINARY_DIR}/config.cmake")
  # Zephyr gives the configuration to each file.
  add_compile_options(-imacros "${CMAKE_CURRENT_BINARY_DIR}/autoconf.h")
  target_compile_options(app PRIVATE -imacros "${CMAKE_CURRENT_BINARY_DIR}/autoconf.h")
  add_subdirectory("${_module}/${_cmake}" module)
endforeach()

# Zephyr links libraries whole.
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/empty.c" "")
add_executable(zephyr "${CMAKE_CURRENT_BINARY_DIR}/empty.c")
get_property(_libraries GLOBAL PROPERTY ZEPHYR_LIBS)
target_link_libraries(zephyr PRIVATE -Wl,--whole-archive app ${_libraries} -Wl,--no-whole-archive)
target_link_options(zephyr PRIVATE -Wl,--gc-sections)
