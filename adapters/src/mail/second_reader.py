"""Reads the mails of a folder, and the calendar files in them, with Python's mail package and PyPI's icalendar.

Prints what it found as a JSON list, in the order of the names of the files.
"""

import email
import email.policy
import json
import pathlib
import sys
import urllib.parse

from icalendar import Calendar


def parts(mail, kind):
    return [part for part in mail.walk() if part.get_content_type() == kind]


def address(value):
    assert value.startswith("mailto:"), value
    return urllib.parse.unquote(value.removeprefix("mailto:"))


def found(path):
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    (inline,) = parts(mail, "text/calendar")
    (attached,) = parts(mail, "application/ics")
    file = inline.get_payload(decode=True)
    lines = file.split(b"\r\n")
    calendar = Calendar.from_ical(file)
    (event,) = calendar.subcomponents
    attendee = event["ATTENDEE"]
    return {
        "mime_method": inline.get_param("method"),
        "charset": inline.get_content_charset(),
        "attached_is_the_same": attached.get_payload(decode=True) == file,
        "lines_fit": all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines),
        "lines_are_text": all(line.decode("utf-8") is not None for line in lines),
        "ends": lines[-2:] == [b"END:VCALENDAR", b""],
        "calendar": sorted(calendar.keys()),
        "component": event.name,
        "properties": sorted(event.keys()),
        "within": len(event.subcomponents),
        "errors": len(calendar.errors) + len(event.errors),
        "method": calendar["METHOD"],
        "uid": event["UID"],
        "sequence": event["SEQUENCE"],
        "stamp": event["DTSTAMP"].dt.isoformat(),
        "start": event["DTSTART"].dt.isoformat(),
        "end": event["DTEND"].dt.isoformat(),
        "status": event["STATUS"],
        "summary": event["SUMMARY"],
        "description": event["DESCRIPTION"],
        "location": event["LOCATION"],
        "url": event["URL"],
        "organizer": address(event["ORGANIZER"]),
        "attendee": address(attendee),
        "attendee_parameters": dict(attendee.params),
    }


json.dump([found(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.eml"))], sys.stdout)
