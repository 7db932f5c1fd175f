/** The worker: all that reads, holds or writes events is here. */

import type { Message, Request } from "../protocol.ts";
import { Session } from "./session.ts";

const session = new Session((message: Message) => self.postMessage(message));
self.onmessage = ({ data }: MessageEvent<Request>) => void session.handle(data);
await session.start();
