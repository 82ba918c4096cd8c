# ngram.awk -- bits per character of a text, by counting in another: the character after the `order` ones before it, mixed with
# the shorter ones (Witten and Bell, 1991). Files: the text to count in, the text to measure.
NR == FNR { learn($1); next }
{ bits += -log(probability($1, order)) / log(2); n++; past = substr(past "" sprintf("%02d", $1), 3) }
BEGIN {
  past = ""
  for (k = 0; k < order; k++)
    past = past "99"
}
function learn(c,  k, context) {
  for (k = 0; k <= order; k++) {
    context = k ":" substr(past, 2 * (order - k) + 1)
    if (!((context, c) in count))
      kinds[context]++
    count[context, c]++
    total[context]++
  }
  past = substr(past sprintf("%02d", c), 3)
}
function probability(c, k,  context, shorter) {
  if (k < 0)
    return 1 / characters
  shorter = probability(c, k - 1)
  context = k ":" substr(past, 2 * (order - k) + 1)
  return (count[context, c] + kinds[context] * shorter) / (total[context] + kinds[context] + (total[context] ? 0 : 1)) + (total[context] ? 0 : shorter)
}
END { printf "%.3f\n", bits / n }
