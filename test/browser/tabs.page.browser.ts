import { testStoresOfTabs } from "./tabs.ts";

testStoresOfTabs();
