#!/bin/sh
# faults.sh BUILD RUNS SEED -- streams on xrt: disturbed at random, in a session of their own that is killed as a whole.
PATH=$(realpath "$1/bin"):$PATH
export PATH
exec setsid -w timeout -s KILL 900 "$1/tests/xrt/faults" xrt:timeout=2, "$2" "$3" 12
