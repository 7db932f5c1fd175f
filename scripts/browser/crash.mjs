// Kills a browser over and over while it writes a table, and looks for every event that it
// acknowledged.
import { makeProfile, removeProfile, startBrowser } from "./start.mjs";
import { servePages } from "./server.mjs";

/** Where tables are kept, turn by turn. */
const KINDS = ["Opfs", "Idb"];
/** After so many rounds a new table is begun, or looking through it would take ever longer. */
const ROUNDS_PER_TABLE = 20;
const EVENTS_PER_ROUND = 100_000;
/** From when the browser writes, or begins to recover, to its death. */
const MAX_LIFE_MS = 1500;
const MAX_SILENCE_MS = 120_000;

/**
 * Runs so many rounds.
 *
 * @returns What went wrong, as messages.
 */
export async function runCrashes(name, { directory, rounds }) {
  const profile = makeProfile(name);
  const tables = new Map();
  const failures = [];
  /** What the browser that runs is to do, and what becomes of it. */
  let plan;
  let onStep = () => {};
  const server = await servePages(directory, {
    "/crash/plan": () => plan,
    "/crash/acknowledged": ({ table, ids }) => {
      for (const id of ids) tables.get(table).add(id);
    },
    "/crash/found": ({ table, ids, error }) => {
      failures.push(...(error === undefined ? check(table, ids, tables) : [`${table}: ${error}`]));
      onStep("found");
    },
    "/crash/step": ({ step }) => onStep(step),
  });
  const url = `${server.origin}/crash`;
  let browser;
  try {
    for (let round = 0; round < rounds && failures.length === 0; round++) {
      const kind = KINDS[round % KINDS.length];
      const table = `${kind}-${Math.floor(round / ROUNDS_PER_TABLE)}`;
      if (!tables.has(table)) tables.set(table, new Set());
      plan = { tables: [table], firstId: round * EVENTS_PER_ROUND };
      // Mostly while it appends, and at times while it recovers from the time before.
      const fatal = Math.random() < 0.7 ? "append" : "open";
      const reached = new Promise((resolve) => {
        onStep = (step) => step === fatal && resolve();
      });
      browser = await startBrowser(name, url, { profile });
      await within(MAX_SILENCE_MS, reached, browser);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_LIFE_MS));
      await browser.kill();
    }
    plan = { tables: [...tables.keys()] };
    let left = tables.size;
    const finished = new Promise((resolve) => {
      onStep = (step) => step === "found" && --left === 0 && resolve();
    });
    browser = await startBrowser(name, url, { profile });
    await within(MAX_SILENCE_MS, finished, browser);
  } catch (error) {
    failures.push(String(error));
  } finally {
    await browser?.kill();
    server.close();
    removeProfile(profile);
  }
  const events = [...tables.values()].reduce((sum, { size }) => sum + size, 0);
  console.log(
    `${name}  ${failures.length === 0 ? "✔" : "✖"} killed ${rounds} times, ${events} events`,
  );
  for (const failure of failures) console.error(`      ${failure}`);
  return failures;
}

/** Whether every event that was acknowledged is there, and none twice. */
function check(table, ids, tables) {
  const found = new Set(ids);
  const lost = [...tables.get(table)].filter((id) => !found.has(id));
  const failures = [];
  if (lost.length > 0) {
    failures.push(`${table}: ${lost.length} events were lost, such as ${lost[0]}`);
  }
  if (found.size < ids.length) {
    failures.push(`${table}: ${ids.length - found.size} events are double`);
  }
  return failures;
}

async function within(ms, promise, browser) {
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${ms} ms: ${browser.output}`)), ms);
  });
  const ended = browser.exited.then((status) => {
    throw new Error(`it ended with status ${status}: ${browser.output}`);
  });
  ended.catch(() => {}); // when it is killed later
  try {
    return await Promise.race([promise, tooLong, ended]);
  } finally {
    clearTimeout(timer);
  }
}
