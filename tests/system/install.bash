# shellcheck shell=bash
# Installs packages from PyPI, npm and Maven Central into a folder, at the versions that files pin.

# Python packages: install_python FOLDER REQUIREMENTS
install_python() {
    python3 -m venv "$1"
    timeout "$INSTALL_SECONDS" "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"
}

# Node packages, beside the program that imports them: install_node FOLDER SOURCE
install_node() {
    mkdir -p "$1"
    cp "$2"/*.mjs "$2"/package*.json "$1"
    timeout "$INSTALL_SECONDS" npm ci --prefix "$1" --silent --no-audit --no-fund --ignore-scripts
}

# The jar files of a Maven project: install_java FOLDER POM. Maven's messages go to FOLDER.log.
install_java() {
    timeout "$INSTALL_SECONDS" mvn --quiet --batch-mode --file "$2" -Dmaven.repo.local="$1/repository" \
        "$COPY_JARS" -DoutputDirectory="$1/jars" >"$1.log" 2>&1
}

readonly INSTALL_SECONDS=300
readonly COPY_JARS=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies
