# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of web, for linux/amd64.

# runtime-base: the image that ships, to see which packages it has.
FROM gcr.io/distroless/static-debian13:nonroot AS runtime-base

# packages: libc-bin, nginx-light for an image that has no apt to install them.
# packages nginx-light: lading.toml › images.web.packages
FROM debian:trixie-slim AS packages
ARG TARGETARCH
# The list of installed packages that the image would have. Without dependencies, since it leaves out what only
# maintainer scripts use: none of these run here, and what they use need not be fetched.
RUN --mount=type=bind,from=runtime-base,source=/var/lib/dpkg/status.d,target=/known \
    find /known -type f ! -name '*.md5sums' -exec sed --separate -nE \
        '/^(Package|Version|Architecture|Multi-Arch|Provides):/p; $s/.*/Status: install ok installed\n/p' '{}' + > \
        /tmp/status \
    && printf '%s\n' 'Package: left-out' 'Version: 1' 'Architecture: all' \
        'Provides: adduser (= 9999), awk (= 9999), debconf (= 9999), debconf-2.0 (= 9999), debianutils (= 9999), dpkg (= 9999), init-system-helpers (= 9999), install-info (= 9999), libcap2-bin (= 9999), lsb-base (= 9999), openssl (= 9999), readline-common (= 9999), sysvinit-utils (= 9999), ucf (= 9999), update-inetd (= 9999)' \
        'Status: install ok installed' '' >> /tmp/status
WORKDIR /unpacked
# What that list lacks, unpacked, without manuals and translations. No version is pinned: the archive keeps only the
# newest of a release, the one with the fixes.
# hadolint ignore=DL3008
RUN --mount=type=cache,id=apt-${TARGETARCH},target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists-${TARGETARCH},target=/var/lib/apt,sharing=locked \
    mkdir -p /archives/partial var/lib/dpkg/status.d \
    && apt-get update \
    && apt-get -o Dir::State::status=/tmp/status -o Dir::Cache::archives=/archives --download-only install --yes \
        --no-install-recommends libc-bin nginx-light \
    && for deb in /archives/*.deb; do { test ! -e "$deb" || { dpkg-deb --extract "$deb" . && dpkg-deb --field "$deb" > \
        "var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"; }; } || exit 1; done \
    && for name in bin lib lib64 sbin; do { test ! -d "$name" || { mkdir -p "usr/$name" && cp -a "$name/." "usr/$name/" \
        && rm -r "$name"; }; } || exit 1; done \
    && rm -rf usr/share/bug usr/share/info usr/share/lintian usr/share/locale usr/share/man \
    && find . -path './usr/share/doc/*' -type f ! -name copyright -delete

# The user's home: an empty folder, made without a container.
WORKDIR /home/www

# A folder with its owner.
# A name that the team wants.
RUN install -d --owner=5 --group=6 --mode=750 /made/srv/kept \
    && mkdir --parents /made/srv \
    && ln -s site /made/srv/current

# runtime: the files of nginx-light and what they need; maintainer scripts do not run.
FROM gcr.io/distroless/static-debian13:nonroot AS runtime

# What the image is for: libc-bin, nginx-light, and what these depend on.
COPY --link --from=packages --chown=0:0 /unpacked/ /

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /

# Folders and links, as they were made: with their owners and permissions.
COPY --link --from=packages /made/ /

# A name and a home for the user; nobody can log in.
COPY --link --chown=0:0 --chmod=644 <<passwd <<group <<nsswitch.conf /etc/
root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
www:x:65532:65532:www:/home/www:/usr/sbin/nologin
passwd
root:x:0:
nogroup:x:65534:
www:x:65532:
group
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
nsswitch.conf

# The user's home. It belongs to root, like all else.
COPY --link --from=packages --chown=0:0 /home/www/ /home/www/

# A file of the repository.
COPY --link --chown=0:0 --chmod=644 deploy/nginx.conf /etc/nginx/nginx.conf

ENV LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LABEL org.opencontainers.image.title=web

# A number, so that Kubernetes can tell that it is not root.
# user 65532:65532: default
USER 65532:65532


# A program of the packages asks.
# health /usr/bin/true: lading.toml › images.web.health.command
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \
    CMD ["/usr/bin/true"]

# command -g daemon off;: lading.toml › images.web.command
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/sbin/nginx"]
CMD ["-g", "daemon off;"]
