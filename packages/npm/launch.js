#!/usr/bin/env node
// Starts the binary of this platform in its own place: stdin, stdout and stderr are the client's own, signals are
// passed on, and its end is ours.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `databricks-mcp-${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "databricks-mcp.exe" : "databricks-mcp";

function fail(what, hint) {
  process.stderr.write(`error: ${what}\nhint: ${hint}\n`);
  process.exit(1);
}

let binary;
try {
  binary = require.resolve(`${name}/bin/${file}`);
} catch {
  fail(
    `the package \`${name}\` is not installed`,
    "install again without `--omit=optional`; where this platform has no package, `cargo install` builds the server",
  );
}

const server = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
server.on("error", (error) => fail(`\`${binary}\` cannot be started: ${error.message}`, "install the package again"));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => server.kill(signal));
}
server.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
