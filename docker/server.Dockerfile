# Contains the server, and the `millrace` command for inspection: `node /app/src/cli/main.ts serve`. It does not start workers itself.
#   docker build -f docker/server.Dockerfile -t millrace/server:0.1.0 .
ARG BASE=node:24-slim

FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json docker/keep-packages.ts ./
# The packages that the server imports, without types and source maps; test/deploy/images.test.ts checks the list.
RUN node keep-packages.ts @bomb.sh/tab @bufbuild/protobuf @commander-js/extra-typings @fastify/helmet @fastify/rate-limit @fastify/static @fastify/swagger \
    @fastify/swagger-ui @kubernetes/client-node @streamparser/json apache-arrow aws4fetch fastify highs ipaddr.js js-yaml leven log-update \
    lru-cache mysql2 nearley p-limit p-retry pino prom-client saxes sharp table tar-stream typebox undici valibot yauzl && rm keep-packages.ts \
    && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete

FROM packages AS program
COPY grammar grammar
COPY src src
# Of the worker, the server starts only the program that shows pictures.
RUN npm run --silent build:grammar \
    && rm -r src/demo src/worker/main.ts src/worker/model src/worker/programs src/worker/rows src/worker/summaries src/worker/train

FROM ${BASE} AS console
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
COPY grammar grammar
COPY src src
COPY console console
RUN npm run --silent build:grammar && npm run --silent build:console

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app ./
COPY templates templates
COPY --from=program /app/src src
COPY --from=console /app/console/dist console/dist
RUN node src/cli/main.ts parse 'SELECT 1 TO RUN a CMD "b" INTO c;' >/dev/null
USER 1000:1000
ENTRYPOINT []
CMD ["node", "/app/src/cli/main.ts", "serve"]
