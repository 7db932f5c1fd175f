/** A request that is refused, with what its sender can do about it. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message What is wrong, and what to do; it is sent as it is. */
  constructor(
    status: number,
    message: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly cause?: unknown } = {},
  ) {
    const { headers = {}, cause } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.headers = headers;
  }

  /** The answer. */
  toResponse(): Response {
    const { status, message, headers } = this;
    return Response.json({ error: { status, message } }, { status, headers });
  }
}

/** Seconds after which to try again. */
export const RETRY_AFTER: Readonly<Record<string, string>> = { "retry-after": "2" };
