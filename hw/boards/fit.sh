#!/bin/sh
# fit.sh LOG... -- what each part takes of an iCE40UP5K, from nextpnr's packing. A logic cell (LC) has a LUT, a flip-flop and a
# carry; a flip-flop that does not hold its own LUT's output takes a cell to itself.
set -eu
awk '
  function part(path) { sub(".*/", "", path); sub("\\.log$", "", path); return path }
  BEGIN {
    columns = split("LC LUT FF EBR SPRAM DSP", column, " ")
    split("ICESTORM_LC . . ICESTORM_RAM ICESTORM_SPRAM ICESTORM_DSP", cell, " ")
    split("5280 5280 5280 30 4 8", has, " ")
    printf "%-10s", "part"
    for (c = 1; c <= columns; c++) printf "%7s", column[c]
    print ""
  }
  FNR == 1 { parts[++n] = part(FILENAME) }
  / LCs used as LUT4 only/ || / LCs used as LUT4 and DFF/ { used[n, 2] += $2 }
  / LCs used as LUT4 and DFF/ || / LCs used as DFF only/ { used[n, 3] += $2 }
  { for (c = 1; c <= columns; c++) if ($2 == cell[c] ":") used[n, c] = $3 + 0 }
  END {
    for (k = 1; k <= n; k++) {
      printf "%-10s", parts[k]
      for (c = 1; c <= columns; c++) { printf "%7d", used[k, c]; sum[c] += used[k, c] }
      print ""
    }
    printf "%-10s", "together"
    for (c = 1; c <= columns; c++) printf "%7d", sum[c]
    printf "\n%-10s", "iCE40UP5K"
    for (c = 1; c <= columns; c++) printf "%7d", has[c]
    print ""
  }' "$@"
