import { HttpError } from "./http_error.ts";

/**
 * Checks the token of a request. How long that takes does not depend on how much of it is right,
 * nor on its length: hashes are compared, all of them.
 *
 * @throws {HttpError} 401, or 503 if there is no token to compare with.
 */
export async function authorise(request: Request, token: string | undefined): Promise<void> {
  if (token === undefined || token === "") {
    throw new HttpError(
      503,
      "The server has no token to compare with. Its owner has to set the secret that the option " +
        '"token" reads.',
    );
  }
  const [, given = ""] = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  const [own, other] = await Promise.all([hash(token), hash(given)]);
  let difference = 0;
  for (const [i, byte] of own.entries()) difference |= byte ^ other[i]!;
  if (difference === 0) return;
  throw new HttpError(401, 'The token is missing or wrong. Send it as "authorization: Bearer …".', {
    headers: { "www-authenticate": "Bearer" },
  });
}

async function hash(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
