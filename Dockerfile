# Fanfare with its browser app, in an image with nothing else: no shell, no package manager, no root.
#   docker build --tag fanfare .
# docs/install.md explains how to run it.

FROM node:22-bookworm-slim AS app
# The app carries the documents as its help.
COPY docs/ /build/docs/
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm install --no-save --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM rust:1.95-bookworm AS program
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY .cargo/ .cargo/
COPY migrations/ migrations/
COPY crates/ crates/
COPY xtask/ xtask/
COPY --from=app /build/web/dist web/dist
RUN cargo build --release --locked --package server --bin fanfare && mkdir -p /empty/data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=program /build/target/release/fanfare /usr/local/bin/fanfare
# The data folder belongs to the user that runs the program.
COPY --from=program --chown=65532:65532 --chmod=0700 /empty/data /data
USER 65532:65532
WORKDIR /data
ENV FANFARE_DATA=/data FANFARE_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/usr/local/bin/fanfare", "doctor", "ready"]
ENTRYPOINT ["/usr/local/bin/fanfare"]
CMD ["serve"]
