# `make install`: the program, the library of C (cmake/embed.cmake), the models beside them, and bash completion. The program finds libtorch where it was built
# against: it goes on using the folder `torch` of .venv (half a gigabyte), which must stay.
include(GNUInstallDirs)
install(TARGETS zoetrope RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/models" DESTINATION "${CMAKE_INSTALL_DATADIR}/zoetrope" OPTIONAL)
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" "${CMAKE_SOURCE_DIR}/NOTICE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/zoetrope")
install(CODE "execute_process(COMMAND \"$<TARGET_FILE:zoetrope>\" completion bash OUTPUT_FILE \"${CMAKE_BINARY_DIR}/zoetrope.bash\" COMMAND_ERROR_IS_FATAL ANY)")
install(FILES "${CMAKE_BINARY_DIR}/zoetrope.bash" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME zoetrope)
install(CODE "message(STATUS \"libtorch stays where it is: ${TORCH_LIBRARY_FOLDER}\")")
