// Where the browsers are that tests and pictures need: those that are installed, or else Debian's,
// or else Playwright's own, which are installed here if they can be.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { chromium, firefox } from "playwright";

const BROWSERS = {
  chromium: {
    places: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
    debianPackage: "chromium",
    playwrights: () => chromium.executablePath(),
  },
  firefox: {
    places: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
    debianPackage: "firefox-esr",
    playwrights: () => firefox.executablePath(),
  },
};

/** Names of the browsers there are. */
export const BROWSER_NAMES = Object.keys(BROWSERS);

const found = new Map();

/**
 * The path of a browser's executable: `chromium` or `firefox`. One that is not there is installed,
 * with a line that says so.
 *
 * @throws {Error} If it cannot be had: says where it was looked for, and what to do.
 */
export function findBrowser(name) {
  if (!Object.hasOwn(BROWSERS, name)) {
    throw new RangeError(
      `Cannot find a browser: its name must be one of ${BROWSER_NAMES.join(", ")}: ` +
        `current value is ${JSON.stringify(name)}`,
    );
  }
  if (!found.has(name)) found.set(name, installedPath(name) ?? install(name));
  return found.get(name);
}

function installedPath(name) {
  return pathsOf(name).find((path) => existsSync(path) && canRun(path));
}

function pathsOf(name) {
  const { places, playwrights } = BROWSERS[name];
  return [...places, playwrights()];
}

/** Some distributions have a script there that only says where to get the browser. */
function canRun(path) {
  return spawnSync(path, ["--version"], { stdio: "ignore", timeout: 60_000 }).status === 0;
}

function install(name) {
  const { debianPackage } = BROWSERS[name];
  const isRoot = process.getuid?.() === 0;
  const playwright = join("node_modules", "playwright", "cli.js");
  const ways = [
    isRoot && existsSync("/usr/bin/apt-get") && [
      ["apt-get", "update"],
      ["apt-get", "install", "-y", "--no-install-recommends", debianPackage],
    ],
    [[process.execPath, playwright, "install", ...(isRoot ? ["--with-deps"] : []), name]],
  ].filter(Boolean);
  const attempts = [];
  for (const commands of ways) {
    for (const [command, ...args] of commands) {
      const line = [command === process.execPath ? "node" : command, ...args].join(" ");
      console.log(`Installing ${name}: ${line}`);
      const { status, error, stderr } = spawnSync(command, args, {
        cwd: join(import.meta.dirname, ".."),
        encoding: "utf8",
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        stdio: ["ignore", "ignore", "pipe"],
        timeout: 600_000,
      });
      if (status !== 0) attempts.push(`${line}: ${error?.message ?? reasonIn(stderr)}`);
    }
    const path = installedPath(name);
    if (path !== undefined) return path;
  }
  throw new Error(
    `Cannot find ${name}: there is none that runs at ${pathsOf(name).join(", ")}, ` +
      "and it could not be installed:\n" +
      attempts.map((attempt) => `  ${attempt}\n`).join("") +
      `Install it (on Debian, as root: apt-get install ${debianPackage}; ` +
      `elsewhere: npx playwright install --with-deps ${name}), and run this again.`,
  );
}

/** The first line that says of an error, or the last one there is. */
function reasonIn(text) {
  const lines = text.trim().split("\n");
  return lines.find((line) => /^E:|error/i.test(line)) ?? lines.at(-1) ?? "";
}
