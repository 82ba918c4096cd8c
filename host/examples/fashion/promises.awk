# promises.awk -- rows "seed seconds float device learnt-8 learnt-4" to a row of means with ranges, and what is promised.
{
  for (k = 2; k <= 6; k++) {
    sum[k] += $k
    if (NR == 1 || $k < least[k]) least[k] = $k
    if (NR == 1 || $k > most[k]) most[k] = $k
  }
}
function mean(k) { return sum[k] / NR }
function promise(what, holds) {
  printf "%s: %s\n", holds ? "holds" : "BROKEN", what
  broken += !holds
}
END {
  printf "| mean | %.0f (%d-%d) |", mean(2), least[2], most[2]
  for (k = 3; k <= 6; k++) printf " %.2f (%.2f-%.2f) |", mean(k), least[k], most[k]
  print "\n"
  promise("float 89 % or more", mean(3) >= 89)
  promise(sprintf("on the device within 0.5 points of float: %+.2f", mean(4) - mean(3)), mean(4) >= mean(3) - 0.5)
  promise(sprintf("learnt with 8 bits within 0.2 points of float: %+.2f", mean(5) - mean(3)), mean(5) >= mean(3) - 0.2)
  promise(sprintf("learnt with 4 bits within 1 point of float: %+.2f", mean(6) - mean(3)), mean(6) >= mean(3) - 1)
  exit broken > 0
}
