import process from "node:process";
import { pathToFileURL } from "node:url";
import { setWorkerScript } from "../../src/workers/worker_script.ts";

/** Where workers find their script: beside the sources, but Node cannot run those. */
export const SCRIPT: URL = process.env["SLUICE_WORKER"] === undefined
  ? new URL("../../src/workers/worker_main.ts", import.meta.url)
  : pathToFileURL(process.env["SLUICE_WORKER"]);

setWorkerScript(SCRIPT);
