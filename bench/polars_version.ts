/** The version of nodejs-polars that is measured. */
export const POLARS_VERSION = "0.26.1";
