/** Bundles a TypeScript module for Node, and says where it is; it goes at exit. */
export function bundleForNode(path: string): Promise<string>;
