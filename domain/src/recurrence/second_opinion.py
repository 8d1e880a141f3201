# Expands rules with python-dateutil: a file of [{"start", "rule", "until"}] becomes [[local times]].
import json, sys, warnings
from datetime import datetime
from dateutil.rrule import rrulestr

warnings.simplefilter("ignore")  # COUNT together with a last moment is deprecated there
read = lambda text: datetime.strptime(text, "%Y%m%dT%H%M%S")
answers = []
for case in json.load(open(sys.argv[1])):
    try:
        rule = rrulestr(case["rule"], dtstart=read(case["start"]))
    except ValueError as error:
        # It says so when no time can ever be met.
        if "empty set" not in str(error):
            raise
        answers.append([])
        continue
    last = read(case["until"])
    if rule._until is not None:
        last = min(last, rule._until)
    rule = rule.replace(until=last)
    answers.append([moment.strftime("%Y%m%dT%H%M%S") for moment in rule])
json.dump(answers, sys.stdout)
