# Stands in for mysql:8.4.6 where no image can be pulled: Debian unstable's real MySQL (9.x) and, in mysql-entrypoint.sh, as much of
# that image's entrypoint as deploy/chart uses. The context is this folder.
ARG BASE=debian:12-slim

# Unpacked and not installed, with all that they depend on: unstable's packages do not go over another release's.
FROM ${BASE} AS packages
RUN sed 's/bookworm/sid/' -i /etc/apt/sources.list && apt-get update --quiet=2 --option=Acquire::Check-Valid-Until=false \
    && apt-get install --quiet=2 --yes --download-only --no-install-recommends --option=Dir::State::status=/dev/null \
    base-files dash coreutils sed mysql-server-core mysql-client-core
RUN mkdir /root/image && for package in /var/cache/apt/archives/*.deb; do dpkg-deb --extract "$package" /root/image; done \
    && cd /root/image && rm -r usr/share/doc usr/share/man usr/share/locale && mkdir -p docker-entrypoint-initdb.d var/lib/mysql

FROM scratch
LABEL millrace.stand-in="mysql:8.4.6"
ENV PATH=/usr/sbin:/usr/bin
COPY --from=packages /root/image /
COPY mysql-entrypoint.sh /entrypoint.sh
ENTRYPOINT ["sh", "/entrypoint.sh"]
