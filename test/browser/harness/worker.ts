/** A dedicated worker that runs the suite it is named after. */

import { runSuite } from "./suite.ts";

await runSuite(self.name);
self.postMessage("done");
