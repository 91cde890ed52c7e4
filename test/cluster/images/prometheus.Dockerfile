# Stands in for prom/prometheus:v3.5.0 where no image can be pulled: the program of Debian's package `prometheus`, started as that image
# starts its own.
ARG BASE=debian:12-slim

FROM ${BASE} AS package
RUN apt-get update --quiet=2 && cd /tmp && apt-get download --quiet=2 prometheus && dpkg-deb --extract ./*.deb /package

FROM ${BASE}
LABEL millrace.stand-in="prom/prometheus:v3.5.0"
COPY --from=package /package/usr/bin/prometheus /bin/prometheus
ENTRYPOINT ["/bin/prometheus"]
