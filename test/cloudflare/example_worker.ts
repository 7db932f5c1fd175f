// The example Worker, for pages that are served on this machine.
import { readFileSync } from "node:fs";
import { Log, LogLevel } from "miniflare";
import { emptyDirectory } from "../docs/snippets.ts";
import { bundleWorker, EXAMPLE, runWorker, TOKEN, workerdOptions } from "./workerd.ts";

/** The example as it is, but for some options of its ingest, given as code. */
export function exampleWith(options: string): { readonly code: string } {
  const beginning = "createIngest<Env>({";
  const text = readFileSync(EXAMPLE, "utf8");
  if (!text.includes(beginning)) throw new Error(`Cannot find ${beginning} in ${EXAMPLE}`);
  return { code: text.replace(beginning, `${beginning} ${options}`) };
}

/**
 * Runs the example for pages of some origins until this process ends. Its windows are closed once
 * nothing came for five seconds, and its table goes with it.
 */
export async function runExample(
  origins: readonly string[],
): Promise<{ readonly url: string; readonly token: string }> {
  const cors = JSON.stringify({ origins });
  const { url } = await runWorker(workerdOptions(
    await bundleWorker(exampleWith(`cors: ${cors}, idle: "5s",`)),
    {
      directory: emptyDirectory("example_worker"),
      more: { log: new Log(LogLevel.NONE), handleRuntimeStdio() {} },
    },
  ));
  return { url, token: TOKEN };
}
