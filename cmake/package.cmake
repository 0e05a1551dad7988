# `cpack -G DEB` in a build folder that was configured for /usr (tools/package does).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME assize)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "panels of judges for language model outputs")
set(CPACK_PACKAGE_DESCRIPTION
    "Asks several different judges about every item, lets them vote or debate, and\nturns their ballots into one verdict that says how sure it is. With the command\nline, the coordinator and the worker of a service, and their systemd units.")
set(CPACK_PACKAGE_CONTACT "assize maintainers <maintainers@users.noreply.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON) # what the programs were linked with
set(CPACK_DEBIAN_PACKAGE_DEPENDS "procps") # kill, for `systemctl reload`
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/systemd/deb/postinst
                                       ${CMAKE_SOURCE_DIR}/systemd/deb/prerm
                                       ${CMAKE_SOURCE_DIR}/systemd/deb/postrm)
include(CPack)
