# made.awk -- five shares like the real ones, made: logarithms of monthly prices, a walk with drift. Rows: share, price. Variable:
# months.
BEGIN {
  for (share = 0; share < 5; share++) {
    price = 3 + uniform()
    for (month = 0; month < months; month++) {
      price += 0.01 + 0.08 * normal()
      printf "%d,%.5f\n", share, price
    }
  }
}
