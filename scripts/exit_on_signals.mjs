// For its effect: signals end a process by way of its "exit" event, in which scripts clean up. By
// themselves they would not.
import { constants } from "node:os";
import process from "node:process";

for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}
