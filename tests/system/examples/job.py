"""Checks deploy/nomad/tokenwell.nomad.hcl: its keys are Nomad's, and its tasks are in an order that gives the app a token. Prints the
configuration of tokenwell, in which every task is given the same one.

    job.py FILE PROJECT
"""

import re
import sys
import textwrap

import hcl2

# The keys of Nomad's job specification that an example of this kind may need.
KEYS = {
    "job": {"type", "group"},
    "group": {"task"},
    "task": {"lifecycle", "driver", "user", "config", "template", "resources"},
    "lifecycle": {"hook", "sidecar"},
    "config": {"image", "command", "args", "readonly_rootfs", "cap_drop", "security_opt"},
    "template": {"destination", "data", "perms", "uid", "gid", "change_mode"},
    "resources": {"cpu", "memory"},
}


def text(value):
    """Returns a string without the quotes that the parser keeps."""
    return value.strip('"') if isinstance(value, str) else value


def keys(kind, block):
    found = {key for key in block if not key.startswith("__")}
    assert found <= KEYS[kind], f"{kind}: {sorted(found - KEYS[kind])}"
    for key in found & KEYS.keys():
        for inner in block[key]:
            named = key in ("job", "group", "task")
            for body in inner.values() if named else [inner]:
                if isinstance(body, dict):
                    keys(key, body)


def main(path, project):
    with open(path, encoding="utf-8") as file:
        jobs = hcl2.load(file)["job"]
    job = jobs[0]['"app"']
    keys("job", job)
    tasks = {text(name): body for task in job["group"][0]['"app"']["task"] for name, body in task.items() if name.startswith('"')}
    order = {name: (text(body["lifecycle"][0]["hook"]), body["lifecycle"][0]["sidecar"]) for name, body in tasks.items() if "lifecycle" in body}
    assert order == {"tokenwell": ("prestart", True), "tokens": ("prestart", False)}, order
    assert [text(word) for word in tasks["tokens"]["config"][0]["args"]][0] == "wait"

    written = {
        name: [template["data"] for template in body.get("template", []) if text(template["destination"]) == "local/tokenwell.yaml"]
        for name, body in tasks.items()
    }
    assert written["tokenwell"] == written["tokens"] and len(written["tokens"]) == 1, "the two tasks have different configurations"
    secrets = {name for name, body in tasks.items() for template in body.get("template", []) if "secrets/" in template["destination"]}
    assert secrets == {"tokenwell"}, secrets
    document = re.search(r"<<-YAML\n(.*)\n *YAML", written["tokenwell"][0], re.S)
    print(re.sub(r"\{\{.*\}\}", project, textwrap.dedent(document[1])))


main(*sys.argv[1:])
