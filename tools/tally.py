"""tools/tally.py REPORTS: add up what ctest, pytest and the fuzz targets said.

ctest counts programs; a cmocka program names its cases in its output, and those
are counted instead, so that a skipped case is seen. A program that died, or
failed without naming a case, counts as one failure. Exit 1: a failure, or
nothing ran.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as xml

CASE = re.compile(r"^\[ *(OK|FAILED|SKIPPED|ERROR) *\] (\S+)$", re.MULTILINE)


def ctest_case(case):
    """(passed, failed, skipped) of one ctest program."""
    if case.get("status") in ("notrun", "disabled"):
        return (0, 0, 1)
    said = {"OK": set(), "FAILED": set(), "SKIPPED": set(), "ERROR": set()}
    for verdict, name in CASE.findall(case.findtext("system-out") or ""):
        said[verdict].add(name)
    failed = said["FAILED"] | said["ERROR"]
    skipped = said["SKIPPED"]
    passed = said["OK"] - failed - skipped
    if case.get("status") == "fail" and not failed:
        return (len(passed), 1, len(skipped))
    return (len(passed), len(failed), len(skipped)) if said["OK"] | failed | skipped else (1, 0, 0)


def ctest_file(root):
    return [ctest_case(case) for case in root.iter("testcase")]


def pytest_file(root):
    rows = []
    for case in root.iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        skipped = case.find("skipped") is not None
        rows.append((int(not bad and not skipped), int(bad), int(skipped and not bad)))
    return rows


def main(folder):
    rows = []
    for path in sorted(folder.glob("*.xml")):
        root = xml.parse(path).getroot()
        rows += ctest_file(root) if path.name.startswith("ctest.") else pytest_file(root)
    fuzz = folder / "fuzz.txt"
    for line in fuzz.read_text().splitlines() if fuzz.exists() else []:
        rows.append((1, 0, 0) if line.endswith(" passed") else (0, 1, 0))
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *rows))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
