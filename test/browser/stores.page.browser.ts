import { testStores } from "./store_conformance.ts";

testStores();
