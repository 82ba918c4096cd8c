#!/bin/sh
# sources.sh -- the SHA-256 of everything that an xclbin is built of, and of the tools' versions.
set -eu
export LC_ALL=C
{
  for file in hls/*.[ch] hls/hlsc/*.[ch] hls/hlsc/rtl/* hw/rtl/*.sv hw/xrt/*.sv hw/xrt/*.[ch] sim/xrt/* sim/sim.h; do
    printf '%s ' "$file"
    sha256sum < "$file"
  done
  g++ --version | head -n 1
  verilator --version
} | sha256sum | cut -d ' ' -f 1
