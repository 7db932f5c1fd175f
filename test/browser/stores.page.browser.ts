import { testStores } from "./store_conformance.ts";
import { WRAPPINGS } from "./support.ts";

testStores(WRAPPINGS.slice(0, 1));
