const DELAYS_MS = [50, 200, 1000];

/**
 * Tries an operation again, up to three times, when it fails for what may be a passing reason. The
 * operation must be safe to repeat.
 */
export async function withRetries<T>(
  operation: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (const delayMs of DELAYS_MS) {
    signal?.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      if (signal?.aborted || error instanceof TypeError || error instanceof RangeError) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
  signal?.throwIfAborted();
  return await operation();
}
