"""Measure hookcell, and its dialect of Prefect, beside concurrent.futures, Hamilton and Prefect, on one machine."""

import argparse
import os
import platform
import shutil
import sys

from environments import CACHE, PACKAGES, NotInstalledError, install, version_of
from rows import ALL, MORE, ROWS
from table import TITLES, Result, heading, line_of
from turns import SkippedError, take_turns

# Prefect takes a second for any flow, and is so far away that a few rounds tell.
ROUNDS = {"prefect": 5}
LEGEND = f"""\
Medians of repetitions taken in turn; (n×): how many times ours; best: what a quiet machine comes nearer to.
hookcell.prefect may take {MORE:g} times what hookcell takes; import and first flow, {MORE:g} times their target."""


def main():
    """Install the peers, measure row by row, and print each as it is done."""
    asked = arguments()
    missing = {} if asked.no_peers else {peer: why for peer in PACKAGES if (why := problem_of(peer))}
    peers = [peer for peer in ALL if peer not in missing and not (asked.no_peers and peer in PACKAGES)]
    print(machine([peer for peer in peers if peer in PACKAGES]), heading(peers), sep="\n\n", flush=True)
    notes = [f"{TITLES[peer]} could not be installed: {why}" for peer, why in missing.items()]
    for row in ROWS:
        if not asked.rows or row.scenario in asked.rows:
            result = measured(row, peers, min(asked.rounds, row.rounds))
            print(("\r" if sys.stdout.isatty() else "") + line_of(row, result, peers), flush=True)
            notes += [f"{row.label} on {TITLES.get(system, system)}: {why}" for system, why in result.missing.items()]
    print("", LEGEND, *notes, sep="\n")


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__)
    parser.add_argument("--no-peers", action="store_true", help="leave out the peers that have to be installed")
    parser.add_argument("--quick", action="store_true", help="the same, with few repetitions")
    known = [row.scenario for row in ROWS]
    parser.add_argument("rows", nargs="*", metavar="SCENARIO", help=f"only these of {', '.join(known)}")
    asked = parser.parse_args()
    asked.no_peers |= asked.quick
    asked.rounds = 5 if asked.quick else 15
    if unknown := sorted(set(asked.rows) - set(known)):
        parser.error(f"there is no scenario {', '.join(unknown)}; there are {', '.join(known)}")
    return asked


def problem_of(peer):
    """Install a peer; give the reason if that does not work."""
    try:
        install(peer)
    except NotInstalledError as error:
        return str(error)
    return ""


def machine(installed):
    """Say what is measured, and on what."""
    shutil.rmtree(CACHE / "prefect-home", ignore_errors=True)
    versions = "".join(f", {TITLES[peer]} {version_of(peer)}" for peer in installed)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{platform.python_implementation()} {platform.python_version()}{versions}; {os.cpu_count()} cores{load}"


def measured(row, peers, rounds):
    """Measure a row: in turn with the dialect and one peer after another, or alone if it has none."""
    result = Result()
    for peer in ("dialect", *row.peers) if row.dialect else row.peers:
        if peer == "dialect" or peer in peers:
            beside(row, peer, result, min(rounds, ROUNDS.get(peer, rounds)))
    if not result.own and "hookcell" not in result.missing:
        beside(row, None, result, rounds)
    return result


def beside(row, peer, result, rounds):
    """Measure in turn with a peer, or alone."""
    systems = ["hookcell", peer] if peer else ["hookcell"]
    try:
        result.add(peer, *take_turns([row.on(system) for system in systems], rounds))
    except SkippedError as error:
        result.missing[error.system] = str(error)


if __name__ == "__main__":
    sys.exit(main())
