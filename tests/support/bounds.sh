#!/bin/sh
# bounds.sh -- a table of figures beside their bounds; benchmarks that are scripts source it and end with bounds_end.
failed=0

bounds() { # heads the table
  printf '| what | measured | bound | holds |\n|---|---|---|---|\n'
}

limit() { # VALUE OPERATOR LIMIT: says whether it holds
  if awk "BEGIN { exit !($1 $2 $3) }"; then printf 'yes'; else printf 'NO'; fi
}

verdict() { # WHAT VALUE OPERATOR LIMIT: a line, and whether it holds
  holds=$(limit "$2" "$3" "$4")
  [ "$holds" = yes ] || failed=1
  printf '| %s | %s | %s %s | %s |\n' "$1" "$2" "$3" "$4" "$holds"
}

figure() { # WHAT VALUE: a line without a bound
  printf '| %s | %s | | |\n' "$1" "$2"
}

bounds_end() { # fails when a bound does not hold
  exit "$failed"
}
