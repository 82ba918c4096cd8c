# data.awk -- short English sentences and their French, as rows of pair number, side (0 English, 1 French), word number. English
# is padded in front to `steps` rows with word 0; French begins with word 0 and ends with word 1. Of the combinations of
# subject, verb and object a fifth never occurs in the first four fifths of the pairs, and only they in the last. Variables:
# pairs, steps, seed, vocabulary (a file to write the French words to, one a line from number 0), texts (a file to write the
# pairs to).
BEGIN {
  subjects = split("i:je:1|you:tu:2|she:elle:3|he:il:3|we:nous:4|they:ils:5", subject, "|")
  verbs = split("drink:drinks:bois:bois:boit:buvons:boivent:d|want:wants:veux:veux:veut:voulons:veulent:a|" \
    "see:sees:vois:vois:voit:voyons:voient:a|buy:buys:achète:achètes:achète:achetons:achètent:d|" \
    "take:takes:prends:prends:prend:prenons:prennent:d|sell:sells:vends:vends:vend:vendons:vendent:a", verb, "|")
  objects = split("milk:lait:m|water:eau:v|wine:vin:m|tea:thé:m|beer:bière:f|coffee:café:m|soup:soupe:f|oil:huile:v", object, "|")
  adjectives = split("|cold:froid:froide|hot:chaud:chaude|white:blanc:blanche", adjective, "|")
  french_number("<begin>")
  french_number("<end>")
  for (pair = 0; pair < pairs; )
    if (make(pair, pair >= pairs * 4 / 5))
      pair++
  for (k = 0; k < n_french; k++)
    print french_word[k] > vocabulary
}
function make(pair, held,  s, v, o, a, S, V, O, A, third, english, french, noun) {
  s = below(subjects) + 1
  v = below(verbs) + 1
  o = below(objects) + 1
  a = below(adjectives) + 1
  if (((s + 2 * v + 3 * o + a) % 5 == 0) != held)
    return 0
  split(subject[s], S, ":")
  split(verb[v], V, ":")
  split(object[o], O, ":")
  split(adjective[a], A, ":")
  third = S[3] == 3
  # French puts the colour and the temperature behind the noun, and makes them agree with it.
  noun = O[2] (a > 1 ? " " (O[3] == "m" ? A[2] : A[3]) : "")
  english = S[1] " " (third ? V[2] : V[1]) " " (V[8] == "a" ? "the " : "") (a > 1 ? A[1] " " : "") O[1]
  french = S[2] " " V[2 + S[3]] " " article(V[8], O[3]) " " noun
  print english "|" french > texts
  print_side(pair, 0, english)
  print_side(pair, 1, french)
  return 1
}
# The definite article (a), or the partitive (d), of m, f or a vowel, v.
function article(kind, gender) {
  if (kind == "a")
    return gender == "m" ? "le" : gender == "f" ? "la" : "l'"
  return gender == "m" ? "du" : gender == "f" ? "de la" : "de l'"
}
function french_number(word) {
  if (!(word in french_of)) {
    french_word[n_french] = word
    french_of[word] = n_french++ + 0
  }
  return french_of[word]
}
function english_number(word) {
  if (!(word in english_of))
    english_of[word] = ++n_english
  return english_of[word]
}
function print_side(pair, side, text,  k, n, word) {
  n = split(text, word, " ")
  for (k = n; !side && k < steps; k++)
    print pair ",0,0"
  if (side)
    print pair ",1,0"
  for (k = 1; k <= n; k++)
    print pair "," side "," (side ? french_number(word[k]) : english_number(word[k]))
  if (side)
    print pair ",1,1"
}
