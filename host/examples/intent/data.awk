# data.awk -- requests to a voice assistant, word by word: rows of word number and intent, `steps` rows a sentence, padded in
# front with word 0. Of the combinations of opening, sentence and ending a fifth never occur in the first four fifths of
# the sentences, and only they in the last. Variables: sentences, steps, seed, ask
# (a file of sentences to number instead of making any).
BEGIN {
  n_templates = split("0 what time is it|0 what is the time|0 tell me the time|0 is it HOUR yet|" \
    "1 it is HOUR|1 the time is HOUR|1 it is time|" \
    "2 wake me at HOUR|2 set the alarm for HOUR|2 i must be up at HOUR|" \
    "3 the alarm for HOUR is not needed|3 do not wake me at HOUR|3 forget the alarm for HOUR|" \
    "4 turn the light in the ROOM on|4 switch on the light in the ROOM|4 i need the light in the ROOM|" \
    "5 is the light in the ROOM on|5 tell me if the light in the ROOM is on|" \
    "6 the light in the ROOM is on|6 i see the light in the ROOM is on|" \
    "7 move money from savings to checking|7 move AMOUNT from savings to checking|" \
    "8 move money from checking to savings|8 move AMOUNT from checking to savings", template, "|")
  n_openings = split("|please|hey eddy|so|eddy please|well", opening, "|")
  n_endings = split("|now|please|thank you", ending, "|")
  hours = "one two three four five six seven eight nine ten eleven noon"
  rooms = "kitchen hall garage bedroom"
  amounts = "ten twenty fifty hundred"
  collect()
  if (ask != "") {
    while ((getline line < ask) > 0)
      print_sentence(line, "")
    exit
  }
  for (made = 0; made < sentences; made += matches)
    matches = make(made >= sentences * 4 / 5)
}
function make(held,  o, t, e, text) { # one sentence; 0 when it does not belong there
  o = below(n_openings) + 1
  t = below(n_templates) + 1
  e = below(n_endings) + 1
  if (((7 * t + 3 * o + 2 * e) % 5 == 0) != held)
    return 0
  text = opening[o] " " substr(template[t], 3) " " ending[e]
  sub(/HOUR/, pick(hours), text)
  sub(/ROOM/, pick(rooms), text)
  sub(/AMOUNT/, pick(amounts), text)
  print_sentence(text, "," substr(template[t], 1, 1))
  return 1
}
function pick(list,  word) {
  return word[below(split(list, word, " ")) + 1]
}
function collect(  all, k, word, n) { # numbers the words
  all = hours " " rooms " " amounts
  for (k = 1; k <= n_templates; k++)
    all = all " " substr(template[k], 3)
  for (k = 1; k <= n_openings; k++)
    all = all " " opening[k]
  for (k = 1; k <= n_endings; k++)
    all = all " " ending[k]
  n = split(all, word, " ")
  for (k = 1; k <= n; k++)
    if (!(word[k] in number) && word[k] !~ /[A-Z]/)
      number[word[k]] = ++n_words
}
function print_sentence(text, intent,  k, word, n) {
  n = split(text, word, " ")
  for (k = n; k < steps; k++)
    print 0 intent
  for (k = 1; k <= n; k++)
    print number[word[k]] intent
}
