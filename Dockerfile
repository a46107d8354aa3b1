# Tokenwell in an image of its own: one static binary, the CA roots, and nothing else. How to build and run it: deploy/image.md.
#
# Needs BuildKit (Docker 20.10 and newer, with DOCKER_BUILDKIT=1 before 23.0). The build installs what BUILD_IMAGE lacks. An image with
# Rust, its musl target, gcc and ca-certificates needs the network for crates only, and no network if it has the crates too.

ARG BUILD_IMAGE=docker.io/library/rust:1.95.0-slim-bookworm
ARG RUN_IMAGE=scratch

# The tools run on the build machine's architecture and build for TARGETARCH.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS tools
ENV CARGO_HOME=/usr/local/cargo
ARG TARGETARCH
RUN set -eu; \
    case "$TARGETARCH" in \
        amd64) arch=x86_64; package=x86-64 ;; \
        arm64) arch=aarch64; package=aarch64 ;; \
        *) echo "no target for $TARGETARCH; build for amd64 or arm64" >&2; exit 1 ;; \
    esac; \
    missing=; \
    command -v "$arch-linux-gnu-gcc" >/dev/null || \
        missing="gcc-$package-linux-gnu libc6-dev-$TARGETARCH-cross"; \
    [ -s /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"; \
    if [ -n "$missing" ]; then \
        apt-get update -q; \
        DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing; \
        rm -rf /var/lib/apt/lists/*; \
    fi; \
    target=$arch-unknown-linux-musl; \
    [ -d "$(rustc --print target-libdir --target "$target")" ] || rustup target add "$target"; \
    mkdir -p "$CARGO_HOME/registry"; \
    echo "$target" >/target

# `ring` is the only crate with C code that needs a compiler for the target. The glibc compiler is good enough, because that code calls
# only memcpy and similar functions of a libc. Linker, libc and start files come with Rust, the same for both targets.
FROM tools AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
ARG PROFILE=image
# For `tokenwell --version`, because the build has no git: --build-arg TOKENWELL_COMMIT=$(git rev-parse --short=12 HEAD)
ARG TOKENWELL_COMMIT=
# The cached target directory may be newer than sources that were checked out earlier: the touch makes cargo rebuild.
RUN --mount=type=cache,from=tools,source=/usr/local/cargo/registry,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    set -eu; \
    target=$(cat /target); \
    { \
        echo "target=$target"; \
        echo "export CC_$(echo "$target" | tr - _)=${target%%-*}-linux-gnu-gcc"; \
        echo "export RUSTFLAGS='-Clinker=rust-lld -Clink-arg=--pack-dyn-relocs=relr \
            --remap-path-prefix=$CARGO_HOME=/cargo --remap-path-prefix=$PWD=/build'"; \
    } >/environment; \
    . /environment; \
    touch src/lib.rs; \
    cargo build --locked --profile "$PROFILE" --no-default-features --target "$target"; \
    install -m 755 "target/$target/$PROFILE/tokenwell" /build/tokenwell; \
    [ "$(uname -m)" != "${target%%-*}" ] || ./tokenwell --version
# The whole root of the image. All timestamps are SOURCE_DATE_EPOCH, so the same sources give the same layer.
ARG SOURCE_DATE_EPOCH=0
RUN set -eu; umask 022; \
    mkdir -p /image/etc/ssl/certs; \
    cp tokenwell /image/tokenwell; \
    cp -L /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' >/image/etc/passwd; \
    echo 'nonroot:x:65532:' >/image/etc/group; \
    chmod 644 /image/etc/passwd /image/etc/group /image/etc/ssl/certs/ca-certificates.crt; \
    find /image -depth -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# The same with the sandbox, the stand-in for Descope's API.
FROM build AS build-sandbox
ARG PROFILE=image
ARG TOKENWELL_COMMIT=
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=cache,from=tools,source=/usr/local/cargo/registry,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    set -eu; \
    . /environment; \
    touch src/lib.rs; \
    cargo build --locked --profile "$PROFILE" --no-default-features --features sandbox --target "$target"; \
    install -m 755 "target/$target/$PROFILE/tokenwell" /image/tokenwell; \
    touch -h -d "@$SOURCE_DATE_EPOCH" /image/tokenwell /image

# `--target sandbox`: for trials and tests, never beside real keys. Every client that reaches it gets sessions.
FROM ${RUN_IMAGE} AS sandbox
COPY --from=build-sandbox /image/ /
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tokenwell-sandbox" \
    org.opencontainers.image.description="A stand-in for Descope's API, for trials of tokenwell" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
USER 65532:65532
EXPOSE 8787
ENTRYPOINT ["/tokenwell", "sandbox"]
CMD ["--expose", "--listen", "0.0.0.0:8787"]

# The last one is what `docker build .` gives.
FROM ${RUN_IMAGE}
COPY --from=build /image/ /
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tokenwell" \
    org.opencontainers.image.description="Keeps fresh Descope session JWTs in files" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
USER 65532:65532
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/tokenwell", "wait", "--timeout", "2s"]
ENTRYPOINT ["/tokenwell"]
CMD ["run"]
