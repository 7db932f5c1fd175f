// Stands for apache-arrow in tsconfig.core.json, since its own types bring those of Node with them:
// the names that src/parquet uses, with no more said of them than that they are classes.
declare class Untyped {
  constructor(...options: unknown[]);
}

export {
  Untyped as Bool,
  Untyped as Data,
  Untyped as DataType,
  Untyped as Field,
  Untyped as Float64,
  Untyped as Int64,
  Untyped as List,
  Untyped as RecordBatch,
  Untyped as Schema,
  Untyped as Struct,
  Untyped as Table,
  Untyped as TimestampMicrosecond,
  Untyped as Utf8,
};
export declare function makeData(shape: unknown): Untyped;
export declare function tableToIPC(table: Untyped, type: "stream"): Uint8Array<ArrayBuffer>;
