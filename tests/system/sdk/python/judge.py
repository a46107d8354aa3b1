"""Descope's Python SDK: reads commands about files from the input, and prints the SDK's answer to each, one per line.

The commands and answers are in ../run. $BASE_URL and $PROJECT_ID name the API; the SDK itself reads $DESCOPE_AUTH_MANAGEMENT_KEY.
"""

import os
import pathlib
import sys

from descope import DescopeClient


def main():
    client = DescopeClient(os.environ["PROJECT_ID"], base_url=os.environ["BASE_URL"])
    commands = {"exchange": exchange, "refresh": refresh, "validate": validate}
    for line in sys.stdin:
        command, path = line.rstrip("\n").split(" ", 1)
        try:
            print("yes", commands[command](client, pathlib.Path(path)), flush=True)
        except Exception as error:  # each refusal of the SDK has its own class
            print("no", type(error).__name__, *str(error).splitlines()[:1], flush=True)


def exchange(client, path):
    return described(client.exchange_access_key(path.read_text())["sessionToken"])


def refresh(client, path):
    sessions = client.refresh_session(path.read_text())
    path.write_text(sessions["refreshSessionToken"]["jwt"])
    return described(sessions["sessionToken"])


def validate(client, path):
    return described(client.validate_session(path.read_text()))


def described(token):
    return f"{token['sub']} {token['exp']}"


main()
