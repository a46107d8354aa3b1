"""The dashboard, judged: it is what Grafana's own types say, panels do not overlap, and every query asks for metrics that are there.

    dashboard.py DASHBOARD METRICS QUERIES      writes the queries to QUERIES as rules, for promtool to parse
"""

import json
import re
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def main(dashboard_file, metrics_file, queries_file):
    with open(dashboard_file) as file:
        dashboard = json.load(file)
    with open(metrics_file) as file:
        known = names_of(file.read())
    mistakes = [*of_types(dashboard), *of_layout(dashboard["panels"])]
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    queries = {}
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            queries[f'{panel["title"]}, {target["refId"]}'] = target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            series = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]["query"])
            queries[f'variable {variable["name"]}'] = series[1]
    asked = set()
    for where, query in queries.items():
        names = set(re.findall(r"\b(?:tokenwell|process)_\w+", query))
        asked |= names
        mistakes += [f"{where}: no metric is called {name}" for name in sorted(names - known)]
        unknown = set(re.findall(r"\$(\w+)", query)) - variables - {"__rate_interval"}
        mistakes += [f"{where}: no variable is called {name}" for name in sorted(unknown)]
        if not names:
            mistakes.append(f"{where}: asks for nothing of tokenwell")
    for name in sorted(known - asked):
        # Metrics used through parts of a histogram, and metrics that need no daily attention.
        if name.startswith("tokenwell_") and not name.endswith(("_sum", "_count")):
            mistakes.append(f"no panel shows {name}")
    with open(queries_file, "w") as file:
        rules = [{"record": f"query:number{number}", "expr": with_values(query)} for number, query in enumerate(queries.values())]
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
    if mistakes:
        sys.exit("\n".join(mistakes))
    print(f"# {len(dashboard['panels'])} panels, {len(queries)} queries")


def with_values(query):
    return query.replace("$__rate_interval", "5m").replace("$instance", ".*").replace("$credential", ".*")


def names_of(exposition):
    return {re.match(r"\w+", line)[0] for line in exposition.splitlines() if line and not line.startswith("#")}


def of_types(dashboard):
    """What a reading through Grafana's types loses or changes."""
    register_default_plugins()
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
    return list(differences(dashboard, again, ""))


def differences(written, read, path):
    if isinstance(written, dict) and isinstance(read, dict):
        for key, value in written.items():
            if key in read:
                yield from differences(value, read[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}: Grafana knows no such thing there"
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for number, (one, other) in enumerate(zip(written, read)):
            yield from differences(one, other, f"{path}/{number}")
    elif written != read:
        yield f"{path}: {written!r} is read as {read!r}"


def of_layout(panels):
    identities = [panel["id"] for panel in panels]
    if len(set(identities)) != len(identities):
        yield "two panels have one id"
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f'{panel["title"]}: wider than the 24 columns'
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if other := taken.setdefault((x, y), panel["title"]):
                    if other != panel["title"]:
                        yield f'{panel["title"]} lies on {other}'
                        return


main(*sys.argv[1:])
