# made.awk -- short descriptions like those of packages, made: words of the section among words that all sections use. Lines as of
# packages.awk. Variable: lines.
BEGIN {
  own[0] = "game puzzle arcade chess player level dungeon cards"
  own[1] = "image photo drawing pixel camera colour vector picture"
  own[2] = "network server client packet router protocol tunnel proxy"
  own[3] = "solver algebra statistics simulation matrix geometry theorem astronomy"
  own[4] = "audio music mixer sampler midi song synthesiser recorder"
  own[5] = "text document dictionary editor markdown latex spelling printer"
  own[6] = "disk file backup archive shell monitor terminal directory"
  own[7] = "web browser html wiki blog http page site"
  n_common = split("a the for of and simple fast small free tool program library with support daemon utility", common, " ")
  for (line = 0; line < lines; line++) {
    class = below(8)
    n = split(own[class], word, " ")
    text = ""
    for (k = 0; k < 6; k++)
      text = text (k ? " " : "") (uniform() < 0.3 ? word[1 + below(n)] : common[1 + below(n_common)])
    printf "%06d|%d|%s\n", line, class, text
  }
}
