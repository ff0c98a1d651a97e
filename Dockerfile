# The service on SQLite in the volume /data, or on PostgreSQL by DATABASE_URL. Built with `docker build -t stock .`

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script is needed: better-sqlite3 brings its binaries, and npm would compile it instead.
RUN npm ci --omit=dev --ignore-scripts --no-update-notifier
COPY scripts/dev/image /image
RUN node /image/prune-modules.ts node_modules && install -d -o node -g node node_modules/.cache
COPY LICENSE ./
COPY migrations migrations
COPY src src
COPY scripts scripts
RUN rm -r scripts/dev package-lock.json .npmrc
# As the user of the image: Node keeps compiled code by user.
USER node
RUN node /image/warm-up.ts

FROM node:24-bookworm-slim
ENV NODE_ENV=production DATABASE_URL=sqlite:/data/stock_management.db
RUN install -d -o node -g node -m 700 /data
WORKDIR /app
# Owned by root: what the service could overwrite, so could who breaks into it.
COPY --from=build --chown=root:root /app /app
USER node
VOLUME /data
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 5000}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, not npm or a shell: they do not pass the signal to stop on.
CMD ["node", "--import", "./src/process/node-version.js", "src/server.ts"]
