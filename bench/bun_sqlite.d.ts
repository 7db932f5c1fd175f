// The little of Bun's SQLite module that the benchmarks use; its own types would come with globals.
declare module "bun:sqlite" {
  export class Database {
    constructor(file: string, options?: { readonly create?: boolean });
    run(sql: string): unknown;
    query(sql: string): {
      run(...values: readonly (Uint8Array | string | number)[]): unknown;
      all(): readonly Readonly<Record<string, unknown>>[];
    };
    close(): void;
  }
}
