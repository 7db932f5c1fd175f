// Real browsers, headless, each with a profile of its own and no way out of this machine.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { chromium } from "playwright";
import { findBrowser } from "../browsers.mjs";

/** Nobody listens there: where everything is sent that is not for 127.0.0.1. */
const NOWHERE = 9;

/** What must not outlive this process. */
const running = new Set();
const profiles = new Set();
process.on("exit", () => {
  for (const { pid } of running) killGroup(pid);
  for (const profile of profiles) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});

const START = { chromium: startChromium, firefox: startFirefox };

/**
 * A directory for a profile: in memory if there is room, since browsers sync it all the time. It goes
 * at exit, or by `removeProfile`.
 */
export function makeProfile(name) {
  const memory = "/dev/shm";
  const isRoomy = existsSync(memory) &&
    (({ bavail, bsize }) => bavail * bsize > 2e9)(statfsSync(memory));
  const profile = mkdtempSync(join(isRoomy ? memory : tmpdir(), `sluice-${name}-`));
  profiles.add(profile);
  return profile;
}

/** Removes a profile, whose browser has ended. */
export function removeProfile(profile) {
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  profiles.delete(profile);
}

/**
 * Starts a browser that opens a page.
 *
 * @param options `profile`, the directory of its profile; `quotaBytes`, how much a site may store,
 * if that is to be limited.
 */
export async function startBrowser(name, url, { profile, quotaBytes }) {
  return await START[name](findBrowser(name), url, { profile, quotaBytes });
}

async function startChromium(path, url, { profile, quotaBytes }) {
  const browser = run(path, [
    "--headless",
    "--no-sandbox", // it refuses to run as root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--no-first-run",
    "--no-default-browser-check",
    `--proxy-server=127.0.0.1:${NOWHERE}`, // which is not for 127.0.0.1 itself
    `--user-data-dir=${profile}`,
    ...(quotaBytes === undefined ? [url] : ["--remote-debugging-port=0", "about:blank"]),
  ]);
  if (quotaBytes !== undefined) {
    const driven = await chromium.connectOverCDP(
      await browser.lineOf(/^DevTools listening on (.*)$/m),
    );
    const page = await driven.contexts()[0].newPage();
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(url);
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: quotaBytes });
    await page.goto(url);
  }
  return browser;
}

function startFirefox(path, url, { profile, quotaBytes }) {
  const preferences = {
    ...FIREFOX_PREFERENCES,
    ...(quotaBytes !== undefined && {
      // In KiB. A site gets a fifth of it, or 10 MiB if that is more.
      "dom.quotaManager.temporaryStorage.fixedLimit": (quotaBytes * 5) / 1024,
    }),
  };
  const lines = Object.entries(preferences).map(([name, value]) =>
    `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`
  );
  writeFileSync(join(profile, "user.js"), lines.join(""));
  return run(path, ["--headless", "--no-remote", "--profile", profile, url]);
}

const FIREFOX_PREFERENCES = {
  // All that is not for 127.0.0.1 goes nowhere …
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": NOWHERE,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": NOWHERE,
  "network.proxy.socks": "127.0.0.1",
  "network.proxy.socks_port": NOWHERE,
  "network.proxy.socks_remote_dns": true,
  "network.proxy.failover_direct": false,
  "network.proxy.allow_bypass": false,
  "network.trr.mode": 5,
  "network.dns.disablePrefetch": true,
  // … and most of it is not even tried.
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.newtabpage.enabled": false,
  "browser.region.network.url": "",
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.search.update": false,
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.push.connection.enabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.update.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://127.0.0.1:9/v1",
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.unified": false,
  // Only the page that was asked for, once, also after a crash.
  "browser.aboutwelcome.enabled": false,
  "browser.pagethumbnails.capturing_disabled": true,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "browser.startup.page": 0,
  "browser.tabs.warnOnClose": false,
  "datareporting.policy.firstRunURL": "",
  "toolkit.startup.max_resumed_crashes": -1,
  "trailhead.firstrun.didSeeAboutWelcome": true,
};

/** A browser's processes, as a group of their own. */
function run(path, args) {
  const child = spawn(path, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let output = "";
  const exited = new Promise((resolve) => child.once("close", resolve));
  exited.then(() => running.delete(child));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => output = (output + text).slice(-20_000));
  }
  return {
    /** Ends it as a power cut would, as far as a process is concerned. */
    async kill() {
      killGroup(child.pid);
      await exited;
    },
    /** Resolves when it ended by itself or was killed. */
    exited,
    /** The end of what it printed. */
    get output() {
      return output;
    },
    /** The first group of a line that it prints. */
    async lineOf(pattern) {
      const giveUp = performance.now() + 60_000;
      while (performance.now() < giveUp) {
        const match = pattern.exec(output);
        if (match !== null) return match[1];
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`Cannot find ${pattern} in what ${path} printed: ${output}`);
    },
  };
}

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
