"""The examples of deploy/networks.md in such a network: one with only IPv6, a proxy, TLS of a private CA, and no way but the proxy.

    unshare --net --mount networks.py BINARY MANIFESTS FOLDER RENDERED      FOLDER has the examples by their names

Each example's variables and configuration run with the real binary, and `check --online` must print what the page says. The proxy opens
tunnels to a server that shows a certificate of the private CA for Descope's API, and the sandbox is behind it.
"""

import fcntl
import json
import os
import re
import shlex
import socket
import ssl
import struct
import subprocess
import sys
import threading

PAGE = "deploy/networks.md"
PROXY = "proxy.corp.example:3128"
API = "api.descope.com"
CA = "/etc/tokenwell-ca/ca.crt"


def only_ipv6():
    """Brings loopback up and takes its IPv4 address away."""
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    up = struct.pack("16sH14x", b"lo", 0x41)
    fcntl.ioctl(control, 0x8914, up)  # SIOCSIFFLAGS: UP, RUNNING
    no_address = struct.pack("16sHH4s8x", b"lo", socket.AF_INET, 0, bytes(4))
    fcntl.ioctl(control, 0x8916, no_address)  # SIOCSIFADDR
    try:
        socket.create_connection(("127.0.0.1", 1), timeout=1)
    except ConnectionRefusedError:
        sys.exit("there is still IPv4")
    except OSError:
        pass


def name_the_proxy(folder):
    """Gives the proxy's name the address ::1, in this mount namespace alone."""
    hosts = f"{folder}/hosts"
    with open(hosts, "w") as file:
        file.write(f"::1 localhost {PROXY.split(':')[0]}\n")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


def serve(handler, port=0):
    """Serves each connection to a port of ::1 on a thread; returns the port."""
    listener = socket.create_server(("::1", port), family=socket.AF_INET6)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=quietly, args=(handler, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def quietly(handler, connection):
    try:
        handler(connection)
    except OSError:
        pass
    finally:
        connection.close()


def pump(one, other):
    """Forwards both ways until one side ends."""

    def forward(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    back = threading.Thread(target=forward, args=(other, one), daemon=True)
    back.start()
    forward(one, other)
    back.join()


def authority(folder):
    """Makes a private CA and a certificate of it for the API, in the folder."""
    openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    quiet = {"check": True, "cwd": folder, "stderr": subprocess.DEVNULL}
    subprocess.run([*openssl, "-subj", "/CN=Corp Root", "-keyout", "ca.key", "-out", "ca.crt", "-addext", "keyUsage=critical,keyCertSign"], **quiet)
    subprocess.run(
        [*openssl, "-subj", f"/CN={API}", "-keyout", "api.key", "-out", "api.crt", "-CA", "ca.crt", "-CAkey", "ca.key",
         "-addext", f"subjectAltName=DNS:{API}", "-addext", "basicConstraints=critical,CA:FALSE"], **quiet)


def tls_front(folder, sandbox_port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/api.crt", f"{folder}/api.key")

    def handle(connection):
        with context.wrap_socket(connection, server_side=True) as inner:
            pump(inner, socket.create_connection(("::1", sandbox_port)))

    return serve(handle)


def proxy(front_port):
    """A proxy that knows one host, and counts its tunnels in `asked`."""
    asked = []

    def handle(connection):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1) or b"\r\n\r\n"
        asked.append(head.split(b" ")[1].decode())
        if asked[-1] != f"{API}:443":
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        pump(connection, socket.create_connection(("::1", front_port)))

    serve(handle, int(PROXY.split(":")[1]))
    return asked


class Example:
    """The variables and the configuration of one way to run tokenwell."""

    def __init__(self, way, variables, configuration):
        self.way, self.variables, self.configuration = way, variables, configuration
        assert self.variables.get("HTTPS_PROXY") == f"http://{PROXY}", f"{way}: {variables}"

    @classmethod
    def of_rendering(cls, way, manifests, file):
        objects = [json.loads(line) for line in output(manifests, "objects", file).splitlines()]
        configuration = next(one["data"]["tokenwell.yaml"] for one in objects if one["kind"] == "ConfigMap" and "tokenwell.yaml" in one["data"])
        pod = next(one["spec"]["template"]["spec"] for one in objects if one["kind"] == "Deployment")
        container = next(one for one in pod.get("initContainers", []) + pod["containers"] if one["name"] == "tokenwell")
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        volume = next(one for one in pod["volumes"] if one["name"] == mounts[os.path.dirname(CA)])
        assert volume["configMap"]["name"] == "corp-ca", volume
        policy = next(one for one in objects if one["kind"] == "NetworkPolicy")
        assert [rule["ports"][0]["port"] for rule in policy["spec"]["egress"]] == [53, 3128], policy
        return cls(way, {one["name"]: one["value"] for one in container["env"] if "value" in one}, configuration)


class Play:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def prepare(self, example):
        """Makes the folders of the configuration, and returns its file and the environment."""
        root = os.path.join(self.folder, "play", example.way)
        keys, tokens = f"{root}/var/run/secrets/descope", f"{root}/run/tokenwell"
        for folder in (keys, tokens, f"{root}/var/lib/tokenwell", f"{root}{os.path.dirname(CA)}"):
            os.makedirs(folder)
        with open(f"{keys}/billing", "w") as key:
            key.write("K2first")
        with open(f"{self.folder}/ca.crt") as ca, open(f"{root}{CA}", "w") as copy:
            copy.write(ca.read())
        text = re.sub(r"(?<![\w/.])/(var|run|etc)/", rf"{root}/\1/", example.configuration)
        file = f"{root}/tokenwell.yaml"
        with open(file, "w") as out:
            out.write(text.replace("P2abcdefghijklmnopqrstuvwxyz", "P2sandboxsandboxsandboxsandb"))
        return file, example.variables

    def check(self, file, variables, *more):
        """Returns the exit code and the report, with each finding on one line."""
        command = [self.binary, "check", "--online", *more, "--config", file]
        done = subprocess.run(command, env={**variables, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True)
        return done.returncode, done.stdout

    def run(self, file, variables):
        """Starts the daemon, waits for the token, and asks for readiness as the kubelet does, at an IPv6 address."""
        with open(f"{file}.log", "w") as log:
            daemon = subprocess.Popen([self.binary, "run", "--config", file], env=variables, stderr=log)
        try:
            gate = subprocess.run([self.binary, "wait", "--timeout", "30s", "--config", file], env=variables, capture_output=True, text=True)
            assert gate.returncode == 0, f"{gate.stderr}\n{open(f'{file}.log').read()}"
            return ready_over_ipv6()
        finally:
            daemon.terminate()
            daemon.wait()


def ready_over_ipv6():
    """Returns the status line of /readyz at [::1]:9465, or None if nothing listens there."""
    try:
        with socket.create_connection(("::1", 9465), timeout=10) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: [::1]:9465\r\nConnection: close\r\n\r\n")
            return connection.makefile().readline().strip()
    except ConnectionRefusedError:
        return None


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(*path):
    with open(os.path.join(*path)) as file:
        return file.read()


def main(binary, manifests, folder, rendered):
    only_ipv6()
    name_the_proxy(folder)
    authority(folder)
    sandbox = subprocess.Popen([binary, "sandbox", "--listen", "[::1]:0", "--life", "10m"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        sandbox_port = int(re.search(r":(\d+)\s*$", sandbox.stdout.readline())[1])
        asked = proxy(tls_front(folder, sandbox_port))
        play_all(Play(binary, folder), examples(manifests, folder, rendered), asked)
    finally:
        sandbox.terminate()
        sandbox.wait()


def examples(manifests, folder, rendered):
    configuration = read(folder, "tokenwell.yaml")
    lines = read(folder, "network.conf").splitlines()
    words = shlex.split(read(folder, "docker").replace("$PWD", "/pwd"), comments=True)
    assert "/pwd/ca:/etc/tokenwell-ca:ro" in words
    return [
        Example("systemd", dict(line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment=")), configuration),
        Example("docker", dict(value.split("=", 1) for name, value in zip(words, words[1:]) if name == "--env"), configuration),
        Example.of_rendering("chart", manifests, f"{rendered}/networks-helm.yaml"),
        Example.of_rendering("kustomize", manifests, f"{rendered}/networks-kustomize.yaml"),
    ]


def play_all(play, all_examples, asked):
    printed = re.search(r"```text\n(.*?)```", read(PAGE), re.DOTALL)[1].splitlines()
    for example in all_examples:
        file, variables = play.prepare(example)
        code, report = play.check(file, variables)
        assert code == 0, report
        for line in printed:
            assert with_any_number(line) in with_any_number(report), f"{line}\n{report}"
        assert play.run(file, variables) == "HTTP/1.1 200 OK", f"{example.way}: the probe fails"
        assert asked and set(asked) == {f"{API}:443"}, asked
        asked.clear()
    what_is_missing(play, file, variables)


def what_is_missing(play, file, variables):
    """Each sign of the page, made by leaving one thing out."""
    signs = re.findall(r"^\| `` (.*?) `` \|", read(PAGE).split("## What to look for")[1], re.MULTILINE)
    # A proxy's name that is not known, no proxy, a host that the proxy refuses, no private CA.
    reports = [
        play.check(file, {**variables, "HTTPS_PROXY": "http://proxy.corp.invalid:3128"}),
        play.check(file, {}),
        play.check(file, variables, "--base-url", "https://api.euc1.descope.com"),
    ]
    without_ca = f"{file}.without-ca"
    with open(without_ca, "w") as out:
        out.write(re.sub(r"http:\n +caFile: .*\n", "", read(file)))
    reports.append(play.check(without_ca, variables))
    assert len(signs) == len(reports), signs
    for sign, (code, report) in zip(signs, reports):
        assert code == 1 and sign in " ".join(report.split()), f"{sign}\n{report}"
    with open(without_ca, "w") as out:
        out.write(read(file).replace("[::]:9465", "0.0.0.0:9465"))
    assert play.run(without_ca, variables) is None, "0.0.0.0 serves IPv6"


def with_any_number(text):
    """The text with spaces and durations that do not matter."""
    return re.sub(r"\(\d+ms\)", "(1ms)", " ".join(text.split()))


main(*sys.argv[1:])
