"""The chart as Helm packages it, and as an OCI archive.

    chart.py FOLDER VERSION EPOCH TGZ FILE
"""

import pathlib
import sys
import time

import archive


def main(folder, version, epoch, tgz, file):
    folder, epoch = pathlib.Path(folder), int(epoch)
    metadata = dict(line.split(": ", 1) for line in (folder / "Chart.yaml").read_text().splitlines() if ": " in line)
    metadata = {name: text.strip('"') for name, text in metadata.items()}
    if (metadata["version"], metadata["appVersion"]) != (version, version):
        sys.exit(f"{folder}/Chart.yaml: version and appVersion must be {version}, as in Cargo.toml")
    name = metadata["name"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    entries = [(f"{name}/{path.relative_to(folder)}", 0o644, path.read_bytes()) for path in files]
    chart = archive.compressed(archive.tar(entries, epoch))
    pathlib.Path(tgz).write_bytes(chart)
    annotations = {
        "org.opencontainers.image.title": name,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.description": metadata["description"],
        "org.opencontainers.image.created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
    }
    content = archive.oci(
        version,
        ("application/vnd.cncf.helm.config.v1+json", archive.as_json(metadata)),
        [("application/vnd.cncf.helm.chart.content.v1.tar+gzip", chart)],
        annotations,
        None,
        epoch,
    )
    pathlib.Path(file).write_bytes(content)


main(*sys.argv[1:])
