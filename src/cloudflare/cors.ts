/** What a page of the request's origin has to be told; nothing where it may not call. */
export function corsHeaders(
  request: Request,
  origins: readonly string[] | "*",
): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !(origins === "*" || origins.includes(origin))) return {};
  return {
    "access-control-allow-origin": origins === "*" ? "*" : origin,
    "access-control-expose-headers": "retry-after",
    vary: "origin",
  };
}

/** The answer to a browser that asks beforehand whether a page may call. */
export function preflight(request: Request, origins: readonly string[] | "*"): Response {
  const headers = corsHeaders(request, origins);
  if (headers["access-control-allow-origin"] === undefined) {
    return new Response(null, { status: 403 });
  }
  return new Response(null, {
    status: 204,
    headers: {
      ...headers,
      "access-control-allow-methods": "GET, HEAD, POST",
      "access-control-allow-headers": "authorization, content-type, content-encoding, range",
      "access-control-max-age": "86400",
    },
  });
}
