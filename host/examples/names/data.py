"""data.py all|few STEPS -- English and French names of countries, of one English word of at most STEPS letters, without accents: all
in iso-codes (ISO 3166-1, LGPL), or those below. In the working folder:

data.csv      number of the name, side (0 English, 1 French), letter; the English padded in front to STEPS letters; 0 pads and begins,
              1 ends
letters.txt   the letter of each number
names.txt     english|french"""
import gettext
import json
import sys
import unicodedata

LONGEST = 16
FEW = {
    "germany": "allemagne", "spain": "espagne", "italy": "italie", "greece": "grece", "poland": "pologne", "sweden": "suede",
    "norway": "norvege", "finland": "finlande", "ireland": "irlande", "iceland": "islande", "chile": "chili", "brazil": "bresil",
    "france": "france", "canada": "canada", "japan": "japon", "china": "chine", "india": "inde", "chad": "tchad", "cuba": "cuba",
    "portugal": "portugal", "hungary": "hongrie", "lebanon": "liban", "morocco": "maroc", "egypt": "egypte",
}


def plain(name):
    return "".join(c for c in unicodedata.normalize("NFD", name.lower()) if c.isascii())


def read_iso():
    french = gettext.translation("iso_3166-1", languages=["fr"])
    with open("/usr/share/iso-codes/json/iso_3166-1.json") as file:
        countries = [country.get("common_name", country["name"]) for country in json.load(file)["3166-1"]]
    return [(plain(name), plain(french.gettext(name))) for name in countries]


steps = int(sys.argv[2])
pairs = read_iso() if sys.argv[1] == "all" else list(FEW.items())
pairs = [pair for pair in pairs if pair[0].isalpha() and len(pair[0]) <= steps and len(pair[1]) <= LONGEST]
letters = ["<", ">"] + sorted(set("".join(english + french for english, french in pairs)))
with open("data.csv", "w") as data:
    for number, (name, answer) in enumerate(pairs):
        for letter in [0] * (steps - len(name)) + [letters.index(letter) for letter in name]:
            data.write(f"{number},0,{letter}\n")
        for letter in [0] + [letters.index(letter) for letter in answer] + [1]:
            data.write(f"{number},1,{letter}\n")
open("letters.txt", "w").write("\n".join(letters) + "\n")
open("names.txt", "w").write("".join(f"{name}|{answer}\n" for name, answer in pairs))
