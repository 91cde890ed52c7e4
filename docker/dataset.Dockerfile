# Contains the demo's 200 drawn pictures, its model, and the program that copies them into the claims `datasets` and `models` and the database.
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
# The packages that docker/demo/fill.ts imports; test/deploy/images.test.ts checks the list.
RUN node keep-packages.ts mysql2 p-retry && rm keep-packages.ts

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=pictures /demo/datasets /demo/datasets
COPY models/demo.onnx /demo/models/demo.onnx
COPY --from=packages /app ./
COPY src/errors.ts src/
COPY src/datasource src/datasource
COPY src/demo/database.ts src/demo/
COPY docker/demo/fill.ts docker/demo/
USER 1000:1000
ENTRYPOINT []
CMD ["node", "/app/docker/demo/fill.ts"]
