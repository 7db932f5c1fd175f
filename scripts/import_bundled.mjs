import { pathToFileURL } from "node:url";
import { bundleForNode } from "./bundle_for_node.mjs";

/** What a TypeScript module exports, bundled for Node. */
export async function importBundled(path) {
  return await import(pathToFileURL(await bundleForNode(path)).href);
}
