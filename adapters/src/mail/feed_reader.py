"""Reads the calendar files of a folder with PyPI's icalendar.

Prints what it found as a JSON list, in the order of the names of the files.
"""

import json
import pathlib
import sys

from icalendar import Calendar


def event(found):
    return {
        "properties": sorted(found.keys()),
        "uid": found["UID"],
        "sequence": found["SEQUENCE"],
        "stamp": found["DTSTAMP"].dt.isoformat(),
        "start": found["DTSTART"].dt.isoformat(),
        "end": found["DTEND"].dt.isoformat(),
        "status": found["STATUS"],
        "summary": found["SUMMARY"],
        "url": found["URL"],
        "errors": len(found.errors),
    }


def found(path):
    file = path.read_bytes()
    calendar = Calendar.from_ical(file)
    return {
        "lines_fit": all(len(line) <= 75 for line in file.split(b"\r\n")),
        "method": calendar["METHOD"],
        "name": calendar["NAME"],
        "errors": len(calendar.errors),
        "events": [event(component) for component in calendar.subcomponents],
    }


json.dump([found(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.ics"))], sys.stdout)
