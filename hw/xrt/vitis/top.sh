#!/bin/sh
# top.sh PROCESS -- the C++ top of a process for Vitis HLS, which takes streams as references: hls/PROCESS.c with its stream
# arguments on AXI4-Stream, without a block protocol, as hlsc makes it.
set -eu
arguments=$(tr '\n' ' ' < "hls/$1.c" | sed -n "s/.*HLS_PROCESS void $1(\([^)]*\)).*/\1/p" | tr -s ' ')
[ -n "$arguments" ] || { echo "top.sh: hls/$1.c has no process $1" >&2; exit 1; }
names=$(echo "$arguments" | sed 's/hls_stream_u[0-9]* \*//g')
echo "#include \"$1.c\""
echo "void $1_top($(echo "$arguments" | tr '*' '&'))"
echo '{'
echo '#pragma HLS interface ap_ctrl_none port=return'
for name in $(echo "$names" | tr -d ','); do
  echo "#pragma HLS interface axis port=$name"
done
echo "    $1($(echo "$names" | sed 's/\([a-z]\)/\&\1/; s/, /, \&/g'));"
echo '}'
