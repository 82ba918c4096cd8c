# data.awk -- lines of packages.awk to `steps` rows each of word number and class, padded in front with 0; 1 is a word that the first
# four fifths have less than three times. To the file `bags`: each line as counts of the words, and the class. Variables:
# steps, lines (in all), bags. Reads the lines twice.
BEGIN { FS = "|" }
{ n = split($3, word, " ") }
NR == FNR {
  for (k = 1; k <= n && NR <= lines * 4 / 5; k++)
    if (++count[word[k]] == 3)
      number[word[k]] = ++n_words + 1
  next
}
{
  split("", bag)
  for (k = 1; k <= n && k <= steps; k++) {
    w = word[k] in number ? number[word[k]] : 1
    bag[w]++
    row[k] = w
  }
  m = n < steps ? n : steps
  for (k = m; k < steps; k++)
    print 0 "," $2
  for (k = 1; k <= m; k++)
    print row[k] "," $2
  line = ""
  for (k = 1; k <= n_words + 1; k++)
    line = line bag[k] + 0 ","
  print line $2 > bags
}
