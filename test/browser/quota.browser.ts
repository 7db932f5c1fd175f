import { testFullJournals, testFullStores } from "./quota.ts";

testFullStores();
testFullJournals(["Opfs", "Idb"]);
