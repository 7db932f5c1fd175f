// `S3Store` in workerd, with a real S3 server.
import { after, test } from "node:test";
import { startS3Server } from "./s3_server.ts";
import { storeWorker, testInWorker } from "./workerd.ts";

const server = await startS3Server();

if (typeof server === "string") {
  test("S3Store in workerd", { skip: server }, () => {});
} else {
  const { endpoint, ...options } = await server.bucket("workerd");
  const worker = await storeWorker({
    bindings: { S3: { ...options, endpoint: String(endpoint) } },
  });
  after(async () => {
    await worker.dispose();
    await server.stop();
  });
  await testInWorker(worker, "S3Store");
}
