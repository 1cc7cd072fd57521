#!/usr/bin/env python3
"""Makes nicknames.csv from names.csv of PyPI nicknames 1.0.1 and nicknames-supplement.csv. Usage: see README.md."""
import collections
import csv
import pathlib
import re
import sys
import unicodedata

HERE = pathlib.Path(__file__).parent
NO_NAMES = {"JR", "SR", "NA", "NAN", "VI", "IV"}  # words the reader of names drops or treats otherwise
ONE_MUHAMMAD = {"MOHAMMED"}


def standard(name):
    """The name as the reader of names gives it, or None when it is more than one word."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    folded = folded.upper().replace("'", "")
    return folded if re.fullmatch("[A-Z]{2,}", folded) and folded not in NO_NAMES | ONE_MUHAMMAD else None


def main(source):
    shorts_of, formals_of = collections.defaultdict(set), collections.defaultdict(set)
    with open(source, newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            formal, short = standard(row["name1"]), standard(row["name2"])
            if row["relationship"] == "has_nickname" and formal and short and formal != short:
                shorts_of[formal].add(short)
                formals_of[short].add(formal)

    def rank(formal):
        return (-len(shorts_of[formal]), formal)

    def is_short_itself(formal, others):
        """Whether it is a short form of another candidate: BERT beside ROBERT."""
        return any(
            other != formal
            and other in formals_of.get(formal, ())
            and (formal not in formals_of.get(other, ()) or rank(other) < rank(formal))
            for other in others
        )

    def is_fuller(formal, short):
        """Whether the pair goes from short to formal: AMANDA, with short forms of her own, is not short for MANDIE."""
        own, of_formal = len(shorts_of.get(short, ())), len(shorts_of[formal])
        return own < 4 and of_formal > own or own < 6 and len(formal) >= len(short) + 2

    lines = {}
    for short, formals in formals_of.items():
        formals = {formal for formal in formals if is_fuller(formal, short)}
        if not formals:
            continue
        roots = [formal for formal in formals if not is_short_itself(formal, formals)]
        lines[short] = sorted(roots or formals, key=rank)[:2]
    for line in (HERE / "nicknames-supplement.csv").read_text().splitlines():
        if line and not line.startswith("#"):
            short, *formals = line.split(",")
            lines[short] = formals
    with open(HERE / "nicknames.csv", "w", encoding="ascii", newline="\n") as out:
        out.write("# short form, then the one or two formal names it stands for; see README.md for origin and licence\n")
        for short in sorted(lines):
            if lines[short]:
                out.write(",".join([short, *lines[short]]) + "\n")


main(sys.argv[1])
