import type { WorkerClient } from "./worker_client.ts";

/** Where browsers let a page write a file that the user has chosen. */
type Picker = (
  options: { readonly suggestedName: string },
) => Promise<FileSystemFileHandle>;

/**
 * Downloads the table as a zip: streamed into a file where the browser lets the user choose one,
 * and otherwise made first.
 */
export async function downloadZip(worker: WorkerClient): Promise<void> {
  const suggestedName = "table.zip";
  const { showSaveFilePicker: pick } = window as { showSaveFilePicker?: Picker };
  if (pick === undefined) {
    save(await worker.ask<Blob>({ type: "zip" }), suggestedName);
    return;
  }
  let target: FileSystemFileHandle;
  try {
    target = await pick({ suggestedName });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // not wanted after all
    throw error;
  }
  await worker.ask({ type: "zip", target });
}

/** Downloads a file of the table. */
export async function downloadFile(worker: WorkerClient, path: string): Promise<void> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  save(await worker.ask<Blob>({ type: "file", path }), name);
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
