// The little of nodejs-polars that the benchmarks use: they fetch it, and nothing else has it.
declare module "nodejs-polars" {
  interface Expression {
    readonly str: { strptime(type: unknown, format: string): Expression };
    readonly dt: Readonly<Record<"year" | "month" | "day", () => Expression>>;
    alias(name: string): Expression;
  }
  interface Frame {
    partitionBy(columns: readonly string[], stable: boolean, includeKey: boolean): readonly Frame[];
    getColumn(name: string): { get(row: number): unknown };
    drop(columns: readonly string[]): Frame;
    writeParquet(path: string, options: { readonly compression: string }): void;
  }
  interface LazyFrame {
    withColumns(...columns: readonly Expression[]): LazyFrame;
    collectSync(): Frame;
  }
  const polars: {
    col(name: string): Expression;
    Datetime(unit: string): unknown;
    scanJson(path: string): LazyFrame;
  };
  export default polars;
}
