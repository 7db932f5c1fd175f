let script: URL | undefined;

/**
 * Says where the script of the workers is, for those who bundle: `sluice/worker`, bundled by itself.
 * Otherwise it is found beside this module.
 *
 * @example
 * ```ts
 * import { setWorkerScript } from "sluice";
 *
 * setWorkerScript(new URL("./sluice_worker.js", import.meta.url));
 * ```
 */
export function setWorkerScript(url: URL): void {
  script = url;
}

/** Where the script of the workers is. */
export function workerScript(): URL {
  const name = import.meta.url.endsWith(".ts") ? "./worker_main.ts" : "./worker_main.js";
  return script ?? new URL(name, import.meta.url);
}
