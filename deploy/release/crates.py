"""The crates in the binary: a bill of materials (CycloneDX 1.5), and their licences with the texts.

    crates.py TARGET EPOCH SBOM LICENCES
"""

import json
import pathlib
import re
import subprocess
import sys
import time
import uuid

LICENCE_FILE = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)


def main(target, epoch, sbom, licences):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    linked = reachable(root, nodes, packages)
    checksums = read_checksums()
    crates = sorted((packages[key] for key in linked if key != root), key=lambda crate: (crate["name"], crate["version"]))
    write_sbom(sbom, epoch, packages[root], crates, nodes, linked, packages, checksums)
    write_licences(licences, packages[root], crates)


def reachable(root, nodes, packages):
    """Returns the crates whose code is in the binary: neither what only builds or tests need, nor macros."""
    found, left = set(), [root]
    while left:
        key = left.pop()
        if key in found or any("proc-macro" in target["kind"] for target in packages[key]["targets"]):
            continue
        found.add(key)
        for dependency in nodes[key]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    return found


def read_checksums():
    """Returns the SHA-256 of each crate's archive by (name, version)."""
    entry = re.compile(r'name = "(.*)"\nversion = "(.*)"\nsource = ".*"\nchecksum = "(.*)"')
    return {(name, version): digest for name, version, digest in entry.findall(pathlib.Path("Cargo.lock").read_text())}


def purl(crate):
    return f"pkg:cargo/{crate['name']}@{crate['version']}"


def write_sbom(file, epoch, root, crates, nodes, linked, packages, checksums):
    def component(crate, kind):
        described = {
            "type": kind,
            "bom-ref": purl(crate),
            "name": crate["name"],
            "version": crate["version"],
            "purl": purl(crate),
            "licenses": [{"expression": crate["license"].replace("/", " OR ")}],
        }
        if digest := checksums.get((crate["name"], crate["version"])):
            described["hashes"] = [{"alg": "SHA-256", "content": digest}]
        if crate["repository"]:
            described["externalReferences"] = [{"type": "vcs", "url": crate["repository"]}]
        return described

    def needs(crate):
        others = {purl(packages[dependency["pkg"]]) for dependency in nodes[crate["id"]]["deps"] if dependency["pkg"] in linked}
        return {"ref": purl(crate), "dependsOn": sorted(others)}

    components = [component(crate, "library") for crate in crates]
    # The same content has the same serial number.
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([purl(root), components], sort_keys=True))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(epoch))),
            "component": component(root, "application"),
        },
        "components": components,
        "dependencies": [needs(crate) for crate in [root, *crates]],
    }
    pathlib.Path(file).write_text(json.dumps(document, indent=1) + "\n")


def write_licences(file, root, crates):
    lines = [f"{root['name']} {root['version']} is under {root['license']}. Its binary contains these crates:", ""]
    users = {}
    for crate in crates:
        folder = pathlib.Path(crate["manifest_path"]).parent
        texts = sorted(path for path in folder.iterdir() if path.is_file() and LICENCE_FILE.match(path.name))
        remark = "" if texts else " (the crate has no file with the text)"
        lines.append(f"{crate['name']} {crate['version']}: {crate['license']}{remark}")
        for path in texts:
            text = "\n".join(line.rstrip() for line in path.read_text(errors="replace").strip().splitlines())
            users.setdefault(text, []).append(f"{crate['name']} {crate['version']}, {path.name}")
    for text, files in users.items():
        lines += ["", "=" * 100, *files, "-" * 100, text]
    pathlib.Path(file).write_text("\n".join(lines) + "\n")


main(*sys.argv[1:])
