# Contains the commands of `millrace dataset`, which fill the claim `datasets` and the database from any archive; and the demo: 200 drawn
# pictures, its model, and the program that copies them into the claims and the database, which runs if no command is given.
#   docker build -f docker/dataset.Dockerfile -t millrace/dataset:0.1.0 .
ARG BASE=node:24-slim

FROM ${BASE} AS pictures
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
COPY docker/demo/draw.ts docker/demo/
COPY src/errors.ts src/config.ts src/volumes-setting.ts src/
COPY src/programs/coco-classes.ts src/programs/
COPY src/demo src/demo
RUN MILLRACE_STATE=/demo node docker/demo/draw.ts

FROM ${BASE} AS packages
WORKDIR /app
COPY package.json package-lock.json docker/keep-packages.ts ./
# The packages that the programs import, without types and source maps; test/deploy/images.test.ts checks the list.
RUN node keep-packages.ts @commander-js/extra-typings @streamparser/json js-yaml leven log-update mysql2 nearley p-limit \
    p-retry saxes sharp table tar-stream undici valibot yauzl && rm keep-packages.ts \
    && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete

FROM packages AS program
COPY grammar grammar
COPY src src
RUN npm run --silent build:grammar && rm -r src/engine src/server src/service src/worker

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=pictures /demo/datasets /demo/datasets
COPY models/demo.onnx /demo/models/demo.onnx
COPY --from=packages /app ./
COPY --from=program /app/src src
COPY docker/dataset docker/dataset
COPY docker/demo/fill.ts docker/demo/
RUN node --input-type=module --eval "import 'sharp'" && node docker/dataset/main.ts dataset --help >/dev/null
USER 1000:1000
ENTRYPOINT []
CMD ["node", "/app/docker/demo/fill.ts"]
