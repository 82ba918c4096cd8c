# data.awk -- Seattle's days to rows of numbers: date's place in the year as cosine and sine, highest and lowest temperature in
# °C, root of the precipitation in mm, wind in m/s, and the next day's highest temperature. Reads seattle-weather.csv.
BEGIN { FS = "," }
NR > 1 {
  split($1, date, "/")
  day = 6.283185307179586 * ((date[2] - 1) * 30.4 + date[3]) / 365.25
  if (NR > 2)
    print row "," $3
  row = sprintf("%.4f,%.4f,%s,%s,%.3f,%s", cos(day), sin(day), $3, $4, sqrt($2), $5)
}
