/** The page of a browser that will be killed: all is done in a worker. */

import { tell } from "./crash_steps.ts";

const worker = new Worker("/code/crash_worker.js", { type: "module" });
worker.onerror = ({ message }) => void tell("found", { table: "(the worker)", error: message });
