# data.awk -- sequences of `steps` rows: value, mark, answer. The answer to a sequence is its first value, which the mark
# points out; the values after it are noise. Variables: sequences, steps, seed.
BEGIN {
  for (s = 0; s < sequences; s++) {
    answer = below(2)
    for (t = 0; t < steps; t++)
      print (t ? 2 * below(2) - 1 : 2 * answer - 1) "," (t == 0) "," answer
  }
}
