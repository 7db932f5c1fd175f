import type { FileContents, TableFile } from "../protocol.ts";
import { element } from "./dom.ts";
import * as format from "./format.ts";

/** What is inside a file, as its footer and its rows say. */
export function fileView(
  file: TableFile,
  contents: FileContents,
  onDownload: () => void,
): HTMLElement[] {
  const { columns, names, firstRows, rows, rowGroups, createdBy } = contents;
  const raw = columns.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0);
  const download = element("button", { type: "button", class: "small", id: "download-file" }, [
    "Download file",
  ]);
  download.addEventListener("click", onDownload);
  return [
    element("h3", {}, [file.path.slice(file.path.lastIndexOf("/") + 1)]),
    element("p", { class: "facts" }, [
      fact(format.count(rows), rows === 1 ? "row" : "rows"),
      fact(format.bytes(file.bytes), "on disk"),
      fact(format.bytes(raw), "without compression"),
      fact(format.count(columns.length), "columns"),
      fact(format.count(rowGroups), rowGroups === 1 ? "row group" : "row groups"),
      ...(createdBy === undefined ? [] : [fact(createdBy, "wrote it")]),
    ]),
    download,
    element("h4", { id: "rows-title" }, [`First ${format.countOf(firstRows.length, "row")}`]),
    scroller("rows-title", rowsTable(names, firstRows)),
    element("h4", { id: "schema-title" }, ["Columns"]),
    scroller("schema-title", schemaTable(columns)),
  ];
}

function fact(value: string, name: string): HTMLElement {
  return element("span", {}, [element("b", {}, [value]), ` ${name}`]);
}

/** What may be wider than the page; it takes the focus, so that arrow keys move it. */
function scroller(labelledBy: string, table: HTMLElement): HTMLElement {
  const attributes = {
    class: "scroll",
    tabindex: "0",
    role: "region",
    "aria-labelledby": labelledBy,
  };
  return element("div", attributes, [table]);
}

function rowsTable(
  names: readonly string[],
  rows: FileContents["firstRows"],
): HTMLTableElement {
  return element("table", { id: "first-rows" }, [
    element("thead", {}, [
      element("tr", {}, names.map((name) => element("th", { scope: "col" }, [name]))),
    ]),
    element(
      "tbody",
      {},
      rows.map((row) =>
        element(
          "tr",
          {},
          row.map((value) =>
            value === null
              ? element("td", { class: "null" }, ["null"])
              : element("td", { class: "text", title: value.length > 30 ? value : undefined }, [
                value,
              ])
          ),
        )
      ),
    ),
  ]);
}

function schemaTable(columns: FileContents["columns"]): HTMLTableElement {
  const heads = ["Column", "Type", "Encodings", "Codec", "Stored", "Raw"];
  return element("table", { id: "schema" }, [
    element("thead", {}, [
      element("tr", {}, heads.map((head) => element("th", { scope: "col" }, [head]))),
    ]),
    element(
      "tbody",
      {},
      columns.map(({ name, type, encodings, compression, compressedBytes, uncompressedBytes }) =>
        element("tr", {}, [
          element("th", { scope: "row" }, [name]),
          element("td", {}, [type]),
          element("td", {}, encodings.map((text) => element("span", { class: "tag" }, [text]))),
          element("td", {}, [compression]),
          element("td", { class: "number" }, [format.bytes(compressedBytes)]),
          element("td", { class: "number" }, [format.bytes(uncompressedBytes)]),
        ])
      ),
    ),
  ]);
}
