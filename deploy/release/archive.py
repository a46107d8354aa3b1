"""Archives that are the same bytes for the same content: no time but the given one, no owner, names in order."""

import gzip
import hashlib
import io
import json
import tarfile


def tar(entries, epoch):
    """Returns a tar of (name, mode, bytes), where None in place of the bytes stands for a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, mode, content in sorted(entries, key=lambda entry: entry[0]):
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = mode, epoch
            if content is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def compressed(content):
    return gzip.compress(content, 9, mtime=0)


def oci(name, config, layers, annotations, platform, epoch):
    """Returns an OCI image layout with one manifest as a tar. `config` and the layers are (media type, bytes)."""
    blobs = {}

    def blob(media_type, content):
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(*config),
        "layers": [blob(*layer) for layer in layers],
        "annotations": annotations,
    }
    entry = blob(manifest["mediaType"], as_json(manifest))
    entry["annotations"] = {"org.opencontainers.image.ref.name": name}
    if platform:
        entry["platform"] = platform
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
    entries = [
        ("oci-layout", 0o644, as_json({"imageLayoutVersion": "1.0.0"})),
        ("index.json", 0o644, as_json(index)),
        ("blobs", 0o755, None),
        ("blobs/sha256", 0o755, None),
    ]
    entries += [(f"blobs/sha256/{digest}", 0o644, content) for digest, content in blobs.items()]
    return tar(entries, epoch)


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
