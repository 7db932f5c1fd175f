// A real S3 server for tests: Ceph's gateway, from Debian's packages.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { AwsClient } from "aws4fetch";
import type { S3StoreOptions } from "../../src/stores/s3.ts";

const UNPACKED = resolve(".build/ceph");
const CREDENTIALS = { accessKeyId: "access", secretAccessKey: "secret" };

/** A server that runs. */
export interface S3Server {
  /** Makes a bucket, and says how a store reaches it. */
  bucket(name: string): Promise<S3StoreOptions>;
  /** Ends it at once, as a power cut would. */
  stop(): Promise<void>;
}

/** Starts a server with nothing in it, or says why there can be none. */
export async function startS3Server(): Promise<S3Server | string> {
  mkdirSync(".build", { recursive: true });
  const root = findCeph();
  if (typeof root === "object") return root.reason;
  const directory = mkdtempSync(resolve(".build/ceph-run-"));
  const [monitor, gateway] = await Promise.all([freePort(), freePort()]);
  const { accessKeyId, secretAccessKey } = CREDENTIALS;
  const child = spawn("sh", [
    "test/stores/ceph.sh",
    root,
    directory,
    String(monitor),
    String(gateway),
    accessKeyId,
    secretAccessKey,
  ], { stdio: ["pipe", "pipe", "inherit"] });
  const exit = new Promise<void>((done) => child.once("close", () => done()));

  const endpoint = `http://127.0.0.1:${gateway}`;
  const aws = new AwsClient({ ...CREDENTIALS, service: "s3", region: "us-east-1", retries: 0 });
  const server: S3Server = {
    async bucket(name: string): Promise<S3StoreOptions> {
      const response = await aws.fetch(`${endpoint}/${name}`, { method: "PUT" });
      if (!response.ok) throw new Error(`Cannot make a bucket: ${await response.text()}`);
      await response.body?.cancel();
      return { ...CREDENTIALS, endpoint, bucket: name };
    },
    async stop(): Promise<void> {
      child.stdin.end();
      await exit;
      rmSync(directory, { recursive: true, force: true });
    },
  };

  const { value: line } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  if (line === "ready" && await answers(endpoint)) return server;
  const output = join(directory, "output.log");
  const last = existsSync(output) ? readFileSync(output, "utf8").trimEnd().split("\n").at(-1) : "";
  await server.stop();
  return `Ceph does not start: ${last}`;
}

/** Where Ceph is: below a directory, or installed (`""`); or why there is none. */
function findCeph(): string | { readonly reason: string } {
  const installed = ["radosgw", "ceph-mon", "ceph-osd"].map((program) => `command -v ${program}`);
  if (spawnSync("sh", ["-c", installed.join(" && ")]).status === 0) return "";
  if (existsSync(UNPACKED)) return UNPACKED;
  console.error(`unpacking Ceph into ${UNPACKED}`);
  // One process at a time: the others find it there.
  const unpack = ["test/stores/unpack_ceph.sh", UNPACKED];
  const { status, stderr, error } = spawnSync("flock", [`${UNPACKED}.lock`, "sh", ...unpack], {
    encoding: "utf8",
  });
  if (status === 0) return UNPACKED;
  const why = error?.message ?? stderr.trim().split("\n").at(-1);
  return { reason: `Ceph, as Debian packages it, cannot be had: ${why}` };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return (address as { port: number }).port;
}

async function answers(url: string): Promise<boolean> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      return true;
    } catch {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
  return false;
}
