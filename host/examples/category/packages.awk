# packages.awk -- apt-cache dumpavail to lines "shuffle|section|words of the short description" of the sections that are classes;
# of packages with the same words, one. The shuffle is the description's MD5.
BEGIN {
  FS = ": "
  n = split("games graphics net science sound text utils web", name, " ")
  for (k = 1; k <= n; k++)
    class[name[k]] = k - 1
}
/^Description:/ {
  words = tolower(substr($0, 14))
  gsub(/[^a-z0-9]+/, " ", words)
}
/^Description-md5/ { shuffle = $2 }
/^Section/ { section = $2 }
/^$/ {
  if (section in class && !(words in seen)) {
    seen[words] = 1
    print shuffle "|" class[section] "|" words
  }
  section = ""
}
