// A Worker that runs the tests of stores in workerd: `/` lists them, `/NUMBER` runs one.
import { type R2BucketLike, R2Store } from "../../src/stores/r2.ts";
import { S3Store, type S3StoreOptions } from "../../src/stores/s3.ts";
import type { Store } from "../../src/stores/store.ts";
import { storeConformance } from "../../src/testing/mod.ts";

/** What a store is made of; a Worker is given what the tests of one kind of store need. */
interface Env {
  readonly R2?: R2BucketLike;
  readonly S3?: S3StoreOptions;
}

interface WorkerTest {
  readonly name: string;
  readonly run: (env: Env) => Promise<void>;
}

let bucketNumber = 0;
const kinds: Readonly<Record<string, (env: Env) => Promise<Store> | Store>> = {
  "R2Store": async ({ R2 }) => {
    await empty(R2!);
    return new R2Store(R2!);
  },
  "R2Store with a prefix": async ({ R2 }) => {
    await empty(R2!);
    return new R2Store(R2!, { prefix: "%2F/ä=b" });
  },
  "S3Store in workerd": ({ S3 }) => new S3Store({ ...S3!, prefix: `%2F/ä=b+ ${++bucketNumber}` }),
};

const tests: WorkerTest[] = [];
let envOfTest: Env;
for (const [name, create] of Object.entries(kinds)) {
  storeConformance({
    test: (name, run) =>
      tests.push({
        name,
        run: async (env) => {
          envOfTest = env;
          await run();
        },
      }),
    name,
    create: async () => ({ store: await create(envOfTest) }),
    capabilities: { listOrder: "utf-8" },
  });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const number = new URL(request.url).pathname.slice(1);
    if (number === "") return Response.json(tests.map(({ name }) => name));
    try {
      await tests[Number(number)]!.run(env);
      return new Response("passed");
    } catch (error) {
      return new Response((error as Error).stack ?? String(error), { status: 500 });
    }
  },
};

async function empty(bucket: R2BucketLike): Promise<void> {
  for (;;) {
    const { objects } = await bucket.list();
    if (objects.length === 0) return;
    await Promise.all(objects.map(({ key }) => bucket.delete(key)));
  }
}
