import { byId, element, setText } from "../page/dom.ts";
import * as format from "../page/format.ts";

/** How many files are shown. */
const NEWEST = 6;

/** What `GET /v1/tables` says, as far as it is shown. */
interface Tables {
  readonly tables: readonly {
    readonly version: number;
    readonly bytes: number;
    readonly files: readonly { readonly key: string; readonly bytes: number }[];
  }[];
}

/** Where a table is read from. */
export interface TableSource {
  readonly origin: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
}

/** Shows what a Worker's table has, or why that cannot be read. */
export async function showTable({ origin, token, fetch }: TableSource): Promise<void> {
  try {
    const response = await fetch(new URL("/v1/tables", origin), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    if (!response.ok) return showNothing(`cannot be read: the Worker answers ${response.status}`);
    show(await response.json() as Tables);
  } catch {
    showNothing("cannot be read just now");
  }
}

function show({ tables: [table] }: Tables): void {
  if (table === undefined) return showNothing("nothing is written yet");
  const { version, bytes, files } = table;
  setText(
    byId("table-summary"),
    `${format.countOf(files.length, "file")} · ${format.bytes(bytes)} · version ${version}`,
  );
  byId("files").hidden = false;
  byId("files").replaceChildren(
    ...files.slice(-NEWEST).reverse().map((file) =>
      element("li", {}, [
        element("span", {}, [file.key]),
        element("span", {}, [format.bytes(file.bytes)]),
      ])
    ),
  );
}

function showNothing(why: string): void {
  setText(byId("table-summary"), why);
  byId("files").hidden = true;
}
