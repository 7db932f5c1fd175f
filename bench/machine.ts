import { execFileSync } from "node:child_process";
import os from "node:os";
import process from "node:process";

/** When the benchmark began, and on which code: neither waits for its end. */
const STARTED = `${
  new Date().toISOString().slice(0, 16).replace("T", " ")
} UTC, commit ${commit()}`;

/** What the numbers were measured on, as lines of a Markdown list. */
export function machineFacts(versions: Readonly<Record<string, string>>): string[] {
  const [cpu] = os.cpus();
  const made = Object.entries({ node: process.versions.node, ...versions })
    .map(([name, version]) => `${name} ${version}`);
  return [
    `- ${STARTED}`,
    `- \`npm run bench${commandLine()}\``,
    `- ${os.availableParallelism()} cores (${cpu?.model.trim() || "unknown"}), ` +
    `${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`,
    `- ${made.join(", ")}`,
  ];
}

/** How many processes want to run, on average over the last minute: others make all slower. */
export function load(): number {
  return os.loadavg()[0]!;
}

function commandLine(): string {
  const args = process.argv.slice(2).filter((arg) => arg !== "--save");
  return args.length === 0 ? "" : ` -- ${args.join(" ")}`;
}

function commit(): string {
  try {
    const head = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    const changes = execFileSync("git", ["status", "--porcelain", "src"], { encoding: "utf8" });
    return changes === "" ? head : `${head} with changes in src`;
  } catch {
    return "unknown";
  }
}
