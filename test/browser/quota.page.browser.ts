import { testFullJournals, testFullStores } from "./quota.ts";

testFullStores();
testFullJournals(["Idb"]);
