"""The image as an OCI archive, without an engine: the files and the configuration that Dockerfile describes.

    image.py BINARY ARCHITECTURE VERSION REVISION EPOCH FILE
"""

import hashlib
import json
import pathlib
import re
import sys
import time

import archive

ROOTS = "/etc/ssl/certs/ca-certificates.crt"


def main(binary, architecture, version, revision, epoch, file):
    epoch = int(epoch)
    dockerfile = pathlib.Path("Dockerfile").read_text().replace("\\\n", " ")
    # Files that a line of the Dockerfile writes: echo 'TEXT' >/image/PATH
    written = re.findall(r"echo '([^']*)' >/image/(\S+?);", dockerfile)
    files = {path: (text + "\n").encode() for text, path in written}
    files[ROOTS[1:]] = pathlib.Path(ROOTS).read_bytes()
    entries = [("tokenwell", 0o755, pathlib.Path(binary).read_bytes())]
    entries += [(path, 0o644, content) for path, content in files.items()]
    folders = {str(folder) for path in files for folder in pathlib.PurePath(path).parents} - {"."}
    entries += [(folder, 0o755, None) for folder in folders]
    layer = archive.tar(entries, epoch)

    last = dockerfile[dockerfile.rindex("\nFROM ") :]
    labels = dict(re.findall(r'(org\.opencontainers\.image\.[a-z]+)="([^"]*)"', last))
    labels = {name: {"$VERSION": version, "$REVISION": revision}.get(text, text) for name, text in labels.items()}
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
    config = {
        "architecture": architecture,
        "os": "linux",
        "created": created,
        "config": {
            "User": line(last, "USER"),
            "Entrypoint": json.loads(line(last, "ENTRYPOINT")),
            "Cmd": json.loads(line(last, "CMD")),
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": created, "created_by": "deploy/release/image.py"}],
    }
    content = archive.oci(
        version,
        ("application/vnd.oci.image.config.v1+json", archive.as_json(config)),
        [("application/vnd.oci.image.layer.v1.tar+gzip", archive.compressed(layer))],
        labels,
        {"architecture": architecture, "os": "linux"},
        epoch,
    )
    pathlib.Path(file).write_bytes(content)


def line(stage, instruction):
    """Returns the text of an instruction of the last stage."""
    return re.search(rf"^{instruction} (.+)$", stage, re.MULTILINE)[1].strip()


main(*sys.argv[1:])
