# The image of Berth: its three programs and the kubectl plugin, in a small Debian without a shell user.
#
#   docker build --tag berth .        (buildah and podman take the same file)
#
# Two stages, so that nothing of a compiler reaches a cluster: build compiles and strips the programs
# and writes down what they link to; runtime is what runs, with the list of its contents (SBOM).
ARG BASE=docker.io/library/debian:13.2-slim

FROM ${BASE} AS build
ARG JOBS=2
COPY scripts/install-dependencies /src/scripts/
RUN /src/scripts/install-dependencies build
COPY . /src
WORKDIR /src
# A volume there lets the next build start from what this one compiled.
ARG CCACHE_DIR=/var/cache/ccache
RUN cmake --preset release -DBUILD_TESTING=OFF \
 && cmake --build --preset release --parallel "${JOBS}" --target programs \
 && install --directory /out/usr/local/bin \
 && install --strip --target-directory=/out/usr/local/bin build/release/bin/berth-operator \
      build/release/bin/berth-scheduler-extender build/release/bin/berth-analyzer \
      build/release/bin/kubectl-berth \
 && ln --symbolic kubectl-berth /out/usr/local/bin/kubectl_complete-berth \
 && scripts/runtime-packages /out/usr/local/bin/* >/out/packages \
 && scripts/compiled-in-packages build/release >/out/compiled-in

FROM ${BASE} AS runtime
COPY --from=build /out/packages /tmp/packages
RUN apt-get --quiet update \
 && xargs --arg-file=/tmp/packages apt-get --quiet install --yes --no-install-recommends \
      ca-certificates tzdata \
 && rm --recursive --force /var/lib/apt/lists/* /var/cache/* /var/log/* /tmp/packages
COPY --from=build /out/usr/local/bin/ /usr/local/bin/
COPY LICENSE /usr/share/doc/berth/LICENSE
COPY scripts/write-sbom /tmp/write-sbom
COPY --from=build /out/compiled-in /tmp/compiled-in
ARG VERSION=0.1.0
ARG REVISION=unknown
# Seconds of Unix time; the same sources and packages then give the same list.
ARG SOURCE_DATE_EPOCH
RUN /bin/bash /tmp/write-sbom "${VERSION}" /tmp/compiled-in >/usr/share/doc/berth/sbom.spdx.json \
 && rm /tmp/write-sbom /tmp/compiled-in
LABEL org.opencontainers.image.title="berth" \
      org.opencontainers.image.description="Resource allocation for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/berth-dev/berth" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Nobody in particular: the files belong to root, and the root file system may be read-only.
USER 65532:65532
WORKDIR /
CMD ["berth-operator", "--help"]
