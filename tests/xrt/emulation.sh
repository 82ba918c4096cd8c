#!/bin/sh
# emulation.sh COMMAND... -- with the environment in which Debian's XRT emulates, in a temporary folder.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/lib"
library=$(ldconfig -p | sed -n 's/.*libxrt_hwemu\.so\.2.* => //p' | head -n 1)
ln -s "$library" "$folder/lib/libxrt_hwemu.so.2"
cd "$folder"
env USER=eddy XCL_EMULATION_MODE=hw_emu XILINX_XRT="$folder" SDACCEL_EM_RUN_DIR="$folder" "$@"
