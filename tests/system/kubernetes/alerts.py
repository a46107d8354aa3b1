"""The alerts under the labels that the rendered manifests give: one alert for one trouble, whatever a release is called.

    alerts.py MANIFESTS FOLDER      MANIFESTS is the program of tests/system/kubernetes/manifests; FOLDER takes the files

Each case is a Prometheus of its own: the rules and the targets of everything that is installed beside each other. promtool evaluates the
rules for a target that is down, for every trouble at once, and for no target at all.
"""

import json
import os
import re
import subprocess
import sys

CHART = "deploy/helm/tokenwell"
PLAIN_RULES = "deploy/prometheus/alerts.yaml"


class Prometheus:
    """The rule files and targets of one Prometheus."""

    def __init__(self, tool, folder):
        self.tool, self.folder = tool, folder
        self.files, self.targets, self.absent = [], [], []

    def rules(self, spec, absent):
        """Loads rules; `absent` has the labels of TokenwellAbsent when nothing is scraped, besides its severity."""
        self.files.append(self.write(f"rules{len(self.files)}.yaml", spec))
        self.absent.append(absent)

    def plain_rules(self):
        self.rules(objects(self.tool, PLAIN_RULES)[0], {})

    def rendering(self, namespace, text, pods):
        """Loads the rules and targets of what is applied to a namespace; each of its pods must be scraped once."""
        file = self.write(f"{namespace}{len(self.targets)}-{len(self.files)}.yaml", text)
        targets = [json.loads(line) for line in run(self.tool, "targets", namespace, file).splitlines()]
        assert sorted(target["pod"] for target in targets) == sorted(pods), f"scraped: {targets}, wanted: {pods}"
        for target in targets:
            target["instance"] = f"10.0.0.{len(self.targets) + 1}:9465"
            self.targets.append(target)
        for rule in objects(self.tool, file):
            if rule["kind"] == "PrometheusRule":
                jobs = {rule["labels"]["job"] for group in rule["spec"]["groups"] for rule in group["rules"] if "record" in rule}
                self.rules(rule["spec"], {"job": jobs.pop()} if jobs else {})

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def test(self):
        """Lets promtool evaluate the rules."""
        alerts = {rule["alert"]: rule for group in objects(self.tool, PLAIN_RULES)[0]["groups"] for rule in group["rules"]}
        tests = [one_is_down(self.targets, alerts), every_trouble(self.targets, alerts), nothing_is_scraped(self.absent, alerts)]
        for test in tests:
            # A minute without data: the rules are loaded, and their records made, before there is a target.
            for series in test["input_series"]:
                series["values"] = "_ " + series["values"]
        file = self.write("test.json", {"rule_files": self.files, "evaluation_interval": "1m", "tests": tests})
        run("promtool", "test", "rules", file)
        return len(self.targets)


def one_is_down(targets, alerts):
    """The first target stops to answer; the others have no key. Targets of other programs are down too."""
    down, *up = targets
    series = [
        *[(f"up{selector(target)}", "1x60") for target in up],
        (f"up{selector(down)}", "1x5 0x55"),
        *[(f"tokenwell_build_info{selector(target, version='0.1.0')}", "1x60") for target in up],
        (f"tokenwell_build_info{selector(down, version='0.1.0')}", "1x5 stale"),
        ('up{job="node",instance="10.0.0.1:9100"}', "0x60"),
        ('up{job="shop/exporter",namespace="shop",container="exporter",instance="10.0.0.1:9466"}', "0x60"),
    ]
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "alert_rule_test": [
            expected(alerts["TokenwellDown"], "8m", []),
            expected(alerts["TokenwellDown"], "40m", [down]),
            expected(alerts["TokenwellNoCredentials"], "40m", [{**target, "version": "0.1.0"} for target in up]),
            expected(alerts["TokenwellNotReady"], "40m", []),
            expected(alerts["TokenwellAbsent"], "10m", []),
        ],
    }


def every_trouble(targets, alerts):
    """All targets have every trouble at once."""
    troubles = {
        'tokenwell_session_expiry_timestamp_seconds{credential="old"}': "600x80",
        'tokenwell_session_expiry_timestamp_seconds{credential="soon"}': "4500x80",
        'tokenwell_last_success_timestamp_seconds{credential="old"}': "0x80",
        'tokenwell_last_success_timestamp_seconds{credential="soon"}': "0x80",
        'tokenwell_refresh_token_expiry_timestamp_seconds{credential="old"}': "4500x80",
        'tokenwell_exchanges_total{credential="old",outcome="denied"}': "0+1x80",
        'tokenwell_exchanges_total{credential="soon",outcome="unreachable"}': "0+1x80",
        'tokenwell_publishes_total{credential="old",outcome="failed"}': "0+1x80",
        'tokenwell_hooks_total{credential="old",outcome="timeout"}': "0+1x80",
        "tokenwell_config_last_reload_successful": "0x80",
        "tokenwell_clock_skew_seconds": "90x80",
        "tokenwell_ready": "0x80",
        "up": "1x80",
        'tokenwell_build_info{version="0.1.0"}': "1x80",
    }
    own_labels = {
        "TokenwellTokenExpired": {"credential": "old"},
        "TokenwellTokenExpiresSoon": {"credential": "soon"},
        "TokenwellKeyDenied": {"credential": "old", "outcome": "denied"},
        "TokenwellRefreshTokenEnds": {"credential": "old"},
        "TokenwellRenewalFailing": {"credential": "soon"},
        "TokenwellNotReady": {},
        "TokenwellPublishFailing": {"credential": "old", "outcome": "failed"},
        "TokenwellHookFailing": {"credential": "old", "outcome": "timeout"},
        "TokenwellConfigRejected": {},
        "TokenwellClockSkew": {},
        "TokenwellNoCredentials": None,
        "TokenwellDown": None,
        "TokenwellAbsent": None,
    }
    values = {"TokenwellTokenExpired": "1970-01-01 00:10:00 +0000 UTC", "TokenwellTokenExpiresSoon": "5m 0s", "TokenwellClockSkew": "1m 30s"}
    series = []
    for target in targets:
        for name, numbers in troubles.items():
            metric, _, labels = name.partition("{")
            series.append({"series": metric + selector(target) if not labels else f"{metric}{selector(target)[:-1]},{labels}", "values": numbers})
    assert set(own_labels) == set(alerts)
    tests = []
    for name, labels in own_labels.items():
        firing = [] if labels is None else [{**target, **labels} for target in targets]
        tests.append(expected(alerts[name], "70m", firing, values.get(name, "")))
    return {"interval": "1m", "input_series": series, "alert_rule_test": tests}


def nothing_is_scraped(absent, alerts):
    return {
        "interval": "1m",
        "input_series": [{"series": 'up{job="node",instance="10.0.0.1:9100"}', "values": "1x40"}],
        "alert_rule_test": [expected(alerts["TokenwellAbsent"], "30m", absent), expected(alerts["TokenwellDown"], "30m", [])],
    }


def expected(alert, time, firing, value=""):
    """The alert with these labels at this time, and no other one of its name."""
    return {
        "alertname": alert["alert"],
        "eval_time": time,
        "exp_alerts": [
            {
                "exp_labels": {**alert["labels"], **labels},
                "exp_annotations": {name: filled(text, labels, value) for name, text in alert["annotations"].items()},
            }
            for labels in firing
        ],
    }


def filled(text, labels, value):
    text = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda name: labels.get(name[1], ""), text)
    return re.sub(r"\{\{ \$value \| \w+ \}\}", value, text)


def selector(target, **more):
    return "{" + ",".join(f'{name}="{value}"' for name, value in {**target, **more}.items()) + "}"


def objects(tool, file):
    return [json.loads(line) for line in run(tool, "objects", file).splitlines()]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def main(tool, work):
    number = 0

    def prometheus():
        nonlocal number
        number += 1
        folder = os.path.join(work, f"alerts{number}")
        os.makedirs(folder)
        return Prometheus(tool, folder)

    def chart(release, namespace="shop", chart=CHART, **values):
        values = {"projectId": "P2abcdefghijklmnopqrstuvwxyz", "monitoring": {"enabled": True}, **values}
        file = os.path.join(work, "values.json")
        with open(file, "w") as out:
            json.dump(values if chart == CHART else {"tokenwell": values}, out)
        return run(tool, "helm", "-release", release, "-namespace", namespace, chart, file)

    def kustomize(name):
        return run(tool, "kustomize", f"deploy/kubernetes/examples/{name}")

    app = os.path.join(work, "example-app")
    cases = []

    # One release, whatever its name is; `123` is a name that YAML takes for a number.
    for release in ["tokenwell", "myshop", "tokenwell-eu", "123", "a" * 53]:
        case = prometheus()
        name = release if "tokenwell" in release else f"{release}-tokenwell"
        case.rendering("shop", chart(release), [f"{name}-0"])
        cases.append(case)
    case = prometheus()
    case.rendering("shop", chart("myshop", fullnameOverride="sessions"), ["sessions-0"])
    case.rendering("shop", chart("other", nameOverride="jwt"), ["other-jwt-0"])
    cases.append(case)

    # Two releases in a namespace, and one of the same name in another.
    case = prometheus()
    case.rendering("shop", chart("one") + chart("two"), ["one-tokenwell-0", "two-tokenwell-0"])
    case.rendering("bank", chart("one", namespace="bank"), ["one-tokenwell-0"])
    cases.append(case)

    # Apps with a sidecar, two of them in a namespace; its pods are called after the release.
    for mode in ["sidecar", "classic"]:
        case = prometheus()
        first, second = (chart(release, chart=app, mode=mode) for release in ["one", "two"])
        case.rendering("shop", first + second, ["one-0", "two-0"])
        cases.append(case)

    # `once` does not stay, so there is nothing to scrape and nothing to alert of.
    assert "monitoring.coreos.com" not in chart("one", chart=app, mode="once")

    # Kustomize alone, and beside the chart in a Prometheus that loads the rules of both.
    case = prometheus()
    case.rendering("shop", kustomize("service"), ["tokenwell-0"])
    cases.append(case)
    prefixed = os.path.join(work, "deploy/kubernetes/examples/prefixed")
    os.makedirs(prefixed, exist_ok=True)
    with open(os.path.join(prefixed, "kustomization.yaml"), "w") as file:
        file.write("namePrefix: eu-\nnameSuffix: -blue\nresources: [../service]\n")
    case = prometheus()
    case.rendering("shop", run(tool, "kustomize", prefixed), ["eu-tokenwell-blue-0"])
    cases.append(case)
    case = prometheus()
    case.rendering("shop", kustomize("service"), ["tokenwell-0"])
    case.rendering("bank", chart("one", namespace="bank") + chart("two", namespace="bank"), ["one-tokenwell-0", "two-tokenwell-0"])
    cases.append(case)

    # The rule file by hand, with PodMonitors of the chart alone.
    case = prometheus()
    case.plain_rules()
    own = {"enabled": True, "rules": "false"}
    case.rendering("shop", chart("one", monitoring=own) + chart("two", monitoring=own), ["one-tokenwell-0", "two-tokenwell-0"])
    case.rendering("bank", chart("one", namespace="bank", fullnameOverride="sessions", monitoring=own), ["sessions-0"])
    cases.append(case)

    # Without the operator: the documented job, and any job.
    for job in ["tokenwell", "hosts", "kubernetes-pods"]:
        case = prometheus()
        case.plain_rules()
        case.targets = [{"job": job, "instance": f"host{number}:9465"} for number in [1, 2]]
        cases.append(case)

    targets = sum(case.test() for case in cases)
    print(f"# {len(cases)} Prometheus servers, {targets} targets")


main(*sys.argv[1:])
