#!/bin/bash
# delays.sh HLSC OUT [FAMILY...] -- the delay model of tech.c against place and route: small loops whose longest path is one kind of
# operation, each compiled, synthesised, placed and routed (median of three seeds). Prints the path by the report of hlsc,
# the period by nextpnr, and their ratio: above 1.05 the table is too optimistic.
set -euo pipefail
hlsc=$1 out=$2
shift 2
here=$(dirname "$0")
# shellcheck source=tests/hlsc/bench/route.sh
. "$here/route.sh"
mkdir -p "$out"

# name|type|what an iteration does with the states x and y, the memory m, and the input a|options
cases='add 8|uint8_t|t = x; x = x + y; y = t;
add 16|uint16_t|t = x; x = x + y; y = t;
add 32|uint32_t|t = x; x = x + y; y = t;
add 64|uint64_t|t = x; x = x + y; y = t;
two adds 16|uint16_t|t = x; x = x + y + a; y = t;
compare 16|uint16_t|t = x; x = x < y ? a : y; y = t ^ 3;
compare 32|uint32_t|t = x; x = x < y ? a : y; y = t ^ 3;
equal 32|uint32_t|t = x; x = x == y ? a : y; y = t ^ a;
minimum 16|uint16_t|t = x; x = x < y ? x : y; y = t ^ a;
shift 32|uint32_t|t = x; x = (x ^ a) >> (y \& 31); y = t;
xor 32|uint32_t|t = x; x = (x ^ y) \& a ^ (t \& ~y); y = t;
product 16|uint16_t|t = x; x = x ^ (uint16_t)(y * a); y = y ^ 3;
product 32|uint32_t|t = x; x = x ^ (uint32_t)(y * a); y = y ^ 3;
product 32 to 64|uint64_t|t = x; x = x ^ (uint64_t)(uint32_t)y * (uint32_t)a; y = y ^ 3;
product 16 to 32|uint32_t|t = x; x = x ^ (uint16_t)y * (uint16_t)a; y = y ^ 3;
product of LUTs 8|uint8_t|t = x; x = x ^ (uint8_t)(y * a); y = y ^ 3;|--multipliers 0
product of LUTs 16|uint16_t|t = x; x = x ^ (uint16_t)(y * a); y = y ^ 3;|--multipliers 0
LUTs 16 to 32|uint32_t|t = x; x = x ^ (uint16_t)y * (uint16_t)a; y = y ^ 3;|--multipliers 0
LUTs 8 to 24|uint32_t|t = x; x = x ^ (uint16_t)y * (uint8_t)a; y = y ^ 3;|--multipliers 0
LUTs 4 to 20|uint32_t|t = x; x = x ^ (uint16_t)y * (a \& 15); y = y ^ 3;|--multipliers 0
sum less 16|uint16_t|t = x; x = x + a < y ? a : y; y = t ^ 3;
sum less 32|uint32_t|t = x; x = x + a < y ? a : y; y = t ^ 3;
memory 16|uint16_t|t = x; x = m[y \& 255] ^ x; y = y + 3;
memory add 16|uint16_t|t = x; x = m[y \& 255] + x; y = y + 3;
memory add 32|uint32_t|t = x; x = m[y \& 255] + x; y = y + 3;
memory product 16|uint16_t|t = m[y \& 255]; x = x + (uint16_t)(t * a); y = y + 3;'

printf '%-20s %-6s %8s %8s %6s\n' path family table nextpnr ratio
for family in "${@:-ice40 ecp5}"; do
  for f in $family; do
    echo "$cases" | while IFS='|' read -r name type body options; do
      kernel=$(echo "$f $name" | tr ' ' _)
      sed "s/TYPE/$type/g; s/BODY/$body/; s/NAME/$kernel/" >"$out/$kernel.c" <<'END'
#include "hls.h"
TYPE NAME(TYPE a, uint8_t n, hls_stream_u64 *in)
{
#if USES_MEMORY
    static TYPE m[256];
    for (int i = 0; i < 256; i++)
        m[i] = (TYPE)hls_read(in);
#endif
    TYPE x = 1, y = (TYPE)hls_read(in), t = 3;
    do {
        HLS_PIPELINE(1);
        BODY
    } while (--n != 0);
    return x ^ y ^ t;
}
END
      case $body in *m\[*) uses=1 ;; *) uses=0 ;; esac
      # shellcheck disable=SC2086 # options are words
      "$hlsc" $options -D USES_MEMORY=$uses "$out/$kernel.c" --top "$kernel" -I hls --family "$f" --clock-ns 100 -o "$out/$kernel.v" --report "$out/$kernel.json" --quiet
      synthesise "$f" "$out/$kernel"
      table=$(jq '.critical_path_ns' "$out/$kernel.json")
      measured=$(period "$f" "$out/$kernel.net" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }')
      awk -v n="$name" -v f="$f" -v t="$table" -v m="$measured" 'BEGIN { printf "%-20s %-6s %8.1f %8.1f %6.2f\n", n, f, t, m, m / t }'
    done
  done
done
