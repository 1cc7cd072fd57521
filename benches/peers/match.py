#!/usr/bin/env python3
"""Compares kinfold's join of filters with other programs: the same filters, the same threshold, one run.

    cargo build --release -p kinfold-benches
    python3 benches/peers/match.py [--rows 20000] [--thresholds 7/10 4/5 9/10] [--threads 1 2] [--large 100000] [--diffused 20000]

It makes its own virtual environment in a temporary folder (or uses the one given with `--venv`), installs what installs, and says what does not.
The filters are 1,024-bit CLKs of invented people, as clkhash makes them (`make_clks`); with `--diffused ROWS`, filters of 2,048 bits with
Hamming distance too; with `--growth`, kinfold alone on 25,000 to 400,000 rows a side (or the numbers given), with the fitted exponent and
what the rate of the largest comes to for a borough, London and England.

All numbers of hits must be equal, or it stops. Peers that return no pairs for a threshold (top-k or a matrix) are filtered with numpy, and checked
by the exact rule. Times are processor time of the comparison, user and system of all threads, divided by the number of threads, and the
clock beside it: other work on the machine disturbs the first less. Loading of files is left out for all; kinfold's time includes all
that it prepares. At `--large` rows, a program that would take longer than `--patience` seconds, going by its rate at `--rows`, is left out
and named. kinfold runs with every instruction set that the processor has.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

PACKAGES = ["numpy", "anonlink==0.15.3", "numkong", "simsimd", "faiss-cpu", "FPSim2", "usearch", "chemfp"]

PEER = r'''
import json, os, sys, time
import numpy as np
name, a_path, b_path, bits, numerator, denominator, threads = sys.argv[1:8]
bits, numerator, denominator, threads = int(bits), int(numerator), int(denominator), int(threads)
hamming = denominator == 0
a = np.fromfile(a_path, dtype=np.uint8).reshape(-1, bits // 8)
b = np.fromfile(b_path, dtype=np.uint8).reshape(-1, bits // 8)
count = lambda x: np.bitwise_count(x.view(np.uint64)).sum(axis=1).astype(np.int64)
ca, cb = count(a), count(b)

def check(i, j):
    """Of candidates, those that pass the exact rule."""
    passed = 0
    for part in range(0, len(i), 1 << 18):
        x, y = i[part:part + (1 << 18)], j[part:part + (1 << 18)]
        d = np.bitwise_count((a[x] ^ b[y]).view(np.uint64)).sum(axis=1).astype(np.int64)
        passed += int((d <= numerator).sum() if hamming else ((ca[x] + cb[y] - d) * denominator >= numerator * (ca[x] + cb[y])).sum())
    return passed

# The largest distance of any pair that passes.
radius = numerator if hamming else int((ca.max() + cb.max()) * (denominator - numerator) // denominator)

def anonlink_job(a, b):
    import anonlink
    from bitarray import bitarray
    def filters(rows):
        found = []
        for row in rows:
            one = bitarray(endian="little"); one.frombytes(row.tobytes()); found.append(one)
        return found
    sets = [filters(a), filters(b)]
    def run():
        found = anonlink.candidate_generation.find_candidate_pairs(sets, anonlink.similarities.dice_coefficient_accelerated, numerator / denominator)
        return len(found[0])
    return run

def in_processes(make):
    def build():
        if threads == 1:
            return make(a, b)
        import multiprocessing
        cut = len(a) // 2
        parts = [make(a[:cut], b), make(a[cut:], b)]
        def run():
            context = multiprocessing.get_context("fork")
            queue = context.SimpleQueue()
            workers = [context.Process(target=lambda part=part: queue.put(part())) for part in parts]
            for worker in workers: worker.start()
            for worker in workers: worker.join()
            return sum(queue.get() for _ in parts)
        return run
    return build

def faiss():
    import faiss
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexBinaryFlat(bits); index.add(b)
    def run():
        # FAISS takes distances strictly below the radius.
        limits, _, found = index.range_search(a, radius + 1)
        return check(np.repeat(np.arange(len(a)), np.diff(limits).astype(np.int64)), found.astype(np.int64))
    return run

def matrix(distances):
    """A peer that fills a matrix: in slices of rows, so that it fits memory."""
    def run():
        passed = 0
        for part in range(0, len(a), 512):
            i, j = np.nonzero(distances(a[part:part + 512]) <= radius)
            passed += check(i + part, j)
        return passed
    return run

def numkong():
    import numkong
    from concurrent.futures import ThreadPoolExecutor
    packed = numkong.hammings_pack(b, dtype="uint1")
    def part(first):
        passed = 0
        for part in range(first * 512, len(a), 512 * threads):
            distances = np.asarray(numkong.hammings_packed(np.ascontiguousarray(a[part:part + 512]), packed))
            i, j = np.nonzero(distances <= radius)
            passed += check(i + part, j)
        return passed
    return lambda: sum(ThreadPoolExecutor(threads).map(part, range(threads)))

def simsimd():
    import simsimd
    return matrix(lambda rows: np.asarray(simsimd.cdist(rows, b, metric="hamming", dtype="bin8", threads=threads)))

def usearch():
    from usearch.index import search, MetricKind
    def run():
        passed = 0
        for part in range(0, len(a), 2048):
            found = search(b, a[part:part + 2048], 64, MetricKind.Hamming, exact=True, threads=threads)
            i, place = np.nonzero(np.asarray(found.distances) <= radius)
            passed += check(i + part, np.asarray(found.keys)[i, place].astype(np.int64))
        return passed
    return run

def fpsim2():
    # The search itself, without the molecules that the package is for: rows are a number, the words and the count.
    from FPSim2.FPSim2lib import GenericSearch
    from concurrent.futures import ThreadPoolExecutor
    rows = lambda x, c: np.ascontiguousarray(np.column_stack([np.arange(len(x), dtype=np.uint64), x.view(np.uint64), c.astype(np.uint64)]))
    left, right = rows(a, ca), rows(b, cb)
    limit = numerator / denominator - 1e-6
    def part(first):
        passed = 0
        for row in range(first, len(left), threads):
            found = GenericSearch(left[row], right, limit, 0, 1, 0, len(right))
            keys = found["mol_id"].astype(np.int64)
            passed += check(np.full(len(keys), row), keys)
        return passed
    return lambda: sum(ThreadPoolExecutor(threads).map(part, range(threads)))

def chemfp():
    # chemfp 1.6.1 is for Python 2, and its module does not load in Python 3. Its search is plain C, which does: loaded lazily, what is missing
    # of Python 2 is never asked for. Tanimoto is d / (2 - d) for Dice d; the target is sorted by its set bits, as the search wants it.
    import ctypes, glob, sysconfig
    libc = ctypes.CDLL(None)
    libc.dlopen.restype, libc.dlsym.restype = ctypes.c_void_p, ctypes.c_void_p
    path = glob.glob(sysconfig.get_paths()["platlib"] + "/_chemfp*.so")[0]
    library = libc.dlopen(path.encode(), 1)  # RTLD_LAZY
    call = lambda name, answer, *types: ctypes.CFUNCTYPE(answer, *types)(libc.dlsym(ctypes.c_void_p(library), name.encode()))
    class Hits(ctypes.Structure):
        _fields_ = [("count", ctypes.c_int), ("allocated", ctypes.c_int), ("indices", ctypes.POINTER(ctypes.c_int)), ("scores", ctypes.c_void_p)]
    number, bytes_, place = ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(Hits)
    call("chemfp_set_num_threads", None, number)(threads)
    start = call("chemfp_alloc_search_results", place, number)
    end = call("chemfp_free_results", None, number, place)
    search = call("chemfp_threshold_tanimoto_arena", number, ctypes.c_double, number, number, bytes_, number, number, number, bytes_, number, number, bytes_, place)
    order = np.argsort(cb, kind="stable")
    aligned = lambda rows: (lambda room: room[-room.ctypes.data % 64:][:rows.nbytes])(np.empty(rows.nbytes + 64, np.uint8))
    left, right = aligned(a), aligned(b)
    left[:], right[:] = a.ravel(), b[order].ravel()
    starts = np.searchsorted(cb[order], np.arange(bits + 2)).astype(np.int32)
    dice = numerator / denominator
    def run():
        passed = 0
        for first in range(0, len(a), 4096):
            last = min(first + 4096, len(a))
            results = start(last - first)
            if search(dice / (2 - dice) - 1e-6, bits, bits // 8, left.ctypes.data, first, last, bits // 8, right.ctypes.data, 0, len(b), starts.ctypes.data, results):
                raise SystemExit("chemfp failed")
            counts = np.array([results[row].count for row in range(last - first)])
            found = [np.ctypeslib.as_array(results[row].indices, (results[row].count,)) for row in np.nonzero(counts)[0]]
            passed += check(np.repeat(np.arange(first, last), counts), order[np.concatenate(found or [np.empty(0, np.int64)])])
            end(last - first, results)
        return passed
    return run

makers = {"anonlink": in_processes(anonlink_job), "chemfp": chemfp, "faiss": faiss, "numkong": numkong, "simsimd": simsimd, "usearch": usearch, "fpsim2": fpsim2}
job = makers[name]()
begin, used = time.perf_counter(), os.times()
hits = job()
after = os.times()
cpu = sum(after[:4]) - sum(used[:4])
print(json.dumps({"pairs": hits, "seconds": time.perf_counter() - begin, "cpu": cpu, "comparisons": len(a) * len(b)}))
'''


def environment(folder):
    venv = pathlib.Path(folder) / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = venv / "bin" / "python"
    for package in PACKAGES:
        command = [str(python), "-m", "pip", "install", "-q", package]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            print("%s does not install here" % package)
    return python


def answer(command, environ=None):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(environ or {})})
    if done.returncode:
        lines = done.stderr.decode().strip().splitlines()
        return {"error": lines[-1] if lines else "stopped with %d" % done.returncode}
    lines = [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]
    return min(lines, key=lambda line: line["cpu"])


def table(programs, peers, folder, rows, bits, rules, threads, python, rates):
    a, b = folder / "a.bin", folder / "b.bin"
    for rule in rules:
        numerator, denominator = (int(rule), 0) if "/" not in rule else map(int, rule.split("/"))
        ours = "hamming:%d" % numerator if denominator == 0 else "dice:%s" % rule
        hits = None
        for count in threads:
            results = []
            for simd in programs:
                command = [options.kinfold, a, b, bits, ours, simd, count, 2]
                result = answer(command)
                # A processor without these instructions falls back to others.
                if result.get("simd", simd).lower() == simd:
                    results.append(("kinfold " + simd, result))
            for peer in peers:
                if peer in ("anonlink", "fpsim2", "chemfp") and denominator == 0:
                    continue
                wait = rows * rows / rates.get((peer, rule, count), math.inf)
                if wait > options.patience:
                    results.append((peer, {"error": "it would take about %.0f min" % (wait / 60)}))
                    continue
                command = [python, folder / "peer.py", peer, a, b, bits, numerator, denominator, count]
                results.append((peer, answer(command, {"OMP_NUM_THREADS": str(count)})))
            best = None
            for name, result in results:
                if "error" in result:
                    print("| %d | %s | %d | %s | did not run: %s | | | |" % (rows, rule, count, name, result["error"][:80]), flush=True)
                    continue
                hits = result["pairs"] if hits is None else hits
                note = "" if result["pairs"] == hits else ("top 64 only" if name == "usearch" else "WRONG")
                if note == "WRONG":
                    sys.exit("%s finds %d pairs of %s, kinfold %d" % (name, result["pairs"], rule, hits))
                rate = result["comparisons"] / result["cpu"] * count / 1e6
                clock = result["comparisons"] / result["seconds"] / 1e6
                best = best or rate
                rates[name, rule, count] = result["comparisons"] / result["seconds"]
                print("| %d | %s | %d | %s | %d%s | %.0f | %.0f | %.1f |" % (rows, rule, count, name, result["pairs"], " (%s)" % note if note else "", rate, clock, best / rate), flush=True)


def growth(sizes):
    points = []
    print("\n| rows a side | pairs found | CPU seconds | million pairs a CPU second |\n|---|---|---|---|")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([str(options.make), str(rows), folder], check=True)
            result = answer([options.kinfold, folder + "/a.bin", folder + "/b.bin", 1024, "dice:4/5", "auto", 2, 2])
            points.append((math.log(rows), math.log(result["cpu"])))
            print("| %d | %d | %.2f | %.0f |" % (rows, result["pairs"], result["cpu"], result["comparisons"] / result["cpu"] / 1e6), flush=True)
    x, y = [p[0] for p in points], [p[1] for p in points]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    slope = sum((u - mx) * (v - my) for u, v in points) / sum((u - mx) ** 2 for u in x)
    print("\nCPU time grows with the number of rows to the power %.2f." % slope)
    rate = result["comparisons"] / result["cpu"]
    print("\nComputed at %.0f million pairs a CPU second, the rate at %d rows a side:" % (rate / 1e6, rows))
    print("\n| job | comparisons | 1 core | 2 cores | 16 cores | 128 cores |\n|---|---|---|---|---|---|")
    # Between every two of four agencies that each know everybody: six rectangles for each area.
    between = lambda people, files: files * (files - 1) / 2 * people ** 2
    jobs = [
        ("a borough: 4 agencies of 250,000", between(250_000, 4)),
        ("London, each of 33 boroughs by itself: 4 agencies of 272,727", 33 * between(272_727, 4)),
        ("London, all 132 files with each other", between(272_727, 132)),
        ("England, 231 areas of 250,000, each by itself", 231 * between(250_000, 4)),
        ("England, all 924 files with each other", between(250_000, 924)),
    ]
    for name, pairs in jobs:
        hours = pairs / rate / 3600
        print("| %s | %.2e | %s |" % (name, pairs, " | ".join(span(hours / cores) for cores in (1, 2, 16, 128))))


def span(hours):
    if hours < 0.1:
        return "%.1f min" % (hours * 60) if hours * 60 >= 1 else "%.0f s" % (hours * 3600)
    return "%.1f h" % hours if hours < 72 else "{:,.0f} days".format(hours / 24)


def main():
    global options
    top = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--patience", type=float, default=600)
    parser.add_argument("--without", nargs="*", default=[], help="programs to leave out")
    parser.add_argument("--diffused", type=int, default=0)
    parser.add_argument("--thresholds", nargs="*", default=["7/10", "4/5", "9/10"])
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--growth", type=int, nargs="*")
    parser.add_argument("--kinfold", type=pathlib.Path, default=top / "target" / "release" / "match_speed")
    parser.add_argument("--make", type=pathlib.Path, default=top / "target" / "release" / "make_clks")
    parser.add_argument("--venv", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        python = options.venv / "bin" / "python" if options.venv else environment(folder)
        head = "| rows a side | threshold | threads | program | pairs found | million pairs/s a CPU second, times threads | by the clock | kinfold is so many times faster |"
        print(head + "\n|---|---|---|---|---|---|---|---|", flush=True)
        peers = ["faiss", "numkong", "simsimd", "fpsim2", "usearch", "chemfp", "anonlink"]
        peers = [peer for peer in peers if peer not in options.without]
        jobs = [(options.rows, [], 1024, options.thresholds, peers)]
        if options.large:
            jobs.append((options.large, [], 1024, options.thresholds, peers))
        if options.diffused:
            jobs.append((options.diffused, ["diffused"], 2048, ["870"], ["faiss", "numkong", "simsimd"]))
        rates = {}
        for rows, extra, bits, rules, peers in jobs:
            if not rows:
                continue
            subprocess.run([str(options.make), str(rows), str(folder), *extra], check=True)
            (folder / "peer.py").write_text(PEER)
            table(["avx512", "avx2", "scalar"], peers, folder, rows, bits, rules, options.threads, python, rates)
        if options.growth is not None:
            growth(options.growth or [25_000, 50_000, 100_000, 200_000, 400_000])


if __name__ == "__main__":
    main()
