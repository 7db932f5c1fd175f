/** Tells the server how far the browser has come. */
export async function tell(
  step: string,
  message: Readonly<Record<string, unknown>>,
): Promise<void> {
  await fetch(`/crash/${step}`, { method: "POST", body: JSON.stringify(message) });
}
