import { resolveDecodeOptions } from "./decode/decode_options.ts";
import { LineBatcher } from "./decode/line_batcher.ts";
import type { ProgressFeed } from "./progress.ts";
import { TableWriter, type TableWriterOptions } from "./table_writer.ts";

/**
 * Reads the bytes of a source that cannot be read again through a {@linkcode TableWriter}: what has
 * come is in the journal before more is pulled, so a crash loses nothing of it. What an earlier run
 * left in the journal is written too.
 *
 * @returns The writer, closed.
 */
export async function runJournalled(
  bytes: ReadableStream<Uint8Array>,
  options: TableWriterOptions & { readonly signal?: AbortSignal },
  progress: ProgressFeed,
): Promise<TableWriter> {
  const batcher = new LineBatcher(resolveDecodeOptions(options));
  const writer = await TableWriter.open(options);
  await using _ = writer; // what is not committed by then stays in the journal
  const append = async (lines: Uint8Array): Promise<void> => {
    if (lines.length === 0) return;
    await writer.append(lines);
    progress.report(writer.counts);
  };
  await bytes.pipeTo(
    new WritableStream({
      async write(chunk) {
        progress.addBytes(chunk.length);
        for (const { bytes } of batcher.push(chunk)) await append(bytes);
        await append(batcher.flush().bytes);
      },
    }),
    options.signal === undefined ? {} : { signal: options.signal },
  );
  const rest = batcher.finish();
  if (rest !== undefined) await append(rest.bytes);
  await writer.close();
  return writer;
}
