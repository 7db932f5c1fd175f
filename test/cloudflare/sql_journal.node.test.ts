import assert from "node:assert/strict";
import { after, test } from "node:test";
import { journalConformance } from "../../src/testing/mod.ts";
import { emptyDirectory } from "../docs/snippets.ts";
import { bundleWorker, runWorker, workerdOptions } from "./workerd.ts";

/** Runs a test of the suite, given by name, in the storage of a Durable Object of its own. */
const WORKER = `
  import { journalConformance } from "./src/testing/mod.ts";
  import { SqlJournal } from "./src/cloudflare/mod.ts";

  export class IngestShard {
    constructor(ctx) {
      this.storage = ctx.storage;
    }

    async fetch(request) {
      const wanted = await request.text();
      const next = async () => new SqlJournal(this.storage);
      const tests = new Map();
      journalConformance({
        name: "SqlJournal",
        test: (name, run) => tests.set(name, run),
        create: async () => ({ journal: await next(), reopen: next, rival: next }),
      });
      try {
        await tests.get(wanted)();
        return new Response("passed");
      } catch (error) {
        return new Response(error.stack);
      }
    }
  }

  export default {
    async fetch(request, env) {
      const name = await request.text();
      const stub = env.SHARDS.get(env.SHARDS.idFromName(name));
      return stub.fetch("https://object/", { method: "POST", body: name });
    },
  };
`;

const directory = emptyDirectory("sql_journal");
const worker = await runWorker(
  workerdOptions(await bundleWorker({ code: WORKER }), { directory }),
);
after(() => worker.miniflare.dispose());

journalConformance({
  name: "SqlJournal",
  create: () => Promise.reject(new Error("it runs in workerd")),
  test: (name) =>
    test(`in workerd: ${name}`, async () => {
      const response = await worker.request("/", { method: "POST", body: name });
      assert.equal(await response.text(), "passed");
    }),
});
