# made.awk -- days as in data.awk, made: a year's course with a lasting disturbance. Variables: days, seed.
BEGIN {
  for (day = 0; day <= days; day++) {
    angle = 6.283185307179586 * day / 365.25
    disturbance = 0.7 * disturbance + 2 * normal()
    rain = disturbance < 0 ? -disturbance : 0
    high = 15 - 9 * cos(angle) + disturbance + normal()
    if (day)
      printf "%s,%.1f\n", row, high
    row = sprintf("%.4f,%.4f,%.1f,%.1f,%.3f,%.1f", cos(angle), sin(angle), high, high - 7, rain, 3)
  }
}
