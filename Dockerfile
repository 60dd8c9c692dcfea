# Stowage on one machine, in a container: docs/self-hosting.md says how to run it.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY test/support/node-22 test/support/node-22
RUN npm ci --no-audit --no-fund
COPY . .
# What the program needs to run, and nothing else of what built it.
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    STORAGE_LOCAL_PATH=/var/lib/stowage
WORKDIR /opt/stowage
COPY --from=build /src/package.json ./
COPY --from=build /src/bin/stowage.js bin/
COPY --from=build /src/dist dist
COPY --from=build /src/node_modules node_modules
RUN ln -s /opt/stowage/bin/stowage.js /usr/local/bin/stowage \
    && install -d -o 1000 -g 1000 -m 0700 /var/lib/stowage
# The user node of the image, as a number, so that an orchestrator sees that it is not root.
USER 1000:1000
VOLUME /var/lib/stowage
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT||8787}/readyz`).then(({ok})=>process.exit(ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["stowage"]
CMD ["serve"]
