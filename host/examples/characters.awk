# characters.awk -- a text to numbers, one a line: 0 a space (or several, or an end of line), 1 to 26 the letters, 27 a comma, 28 a
# point; the rest is left out.
BEGIN {
  for (k = 1; k <= 26; k++)
    number[substr("abcdefghijklmnopqrstuvwxyz", k, 1)] = k
  number[","] = 27
  number["."] = 28
  number[" "] = 0
}
{
  line = tolower($0) " "
  for (k = 1; k <= length(line); k++) {
    c = substr(line, k, 1)
    if (c in number && (c != " " || before != " ")) {
      print number[c]
      before = c
    }
  }
}
