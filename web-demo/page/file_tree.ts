import { parseHiveSegment } from "sluice";
import type { TableFile } from "../protocol.ts";
import { element, setText } from "./dom.ts";
import * as format from "./format.ts";

/** Files of a directory that are listed; beyond, their number is. */
const MAX_LISTED = 400;

const names = new Intl.Collator("en", { numeric: true });

/** A directory. Its entries are made when it is opened. */
interface Directory {
  readonly depth: number;
  readonly directories: Map<string, Directory>;
  readonly files: TableFile[];
  fileCount: number;
  rows: number;
  bytes: number;
  /** Where its entries are listed, once it was opened. */
  list?: HTMLUListElement;
  /** Names of the entries listed, directories first. */
  listed: string[];
  size?: HTMLElement;
}

/** The partitions and files of the table, as nested lists. */
export class FileTree {
  readonly #parent: HTMLElement;
  readonly #empty: readonly Node[];
  readonly #onPick: (file: TableFile) => void;
  #root: Directory = newDirectory(0);
  #picked: HTMLButtonElement | undefined;
  /** Directories whose size is to be written anew. */
  readonly #changed: Set<Directory> = new Set();

  constructor(parent: HTMLElement, onPick: (file: TableFile) => void) {
    this.#parent = parent;
    this.#empty = [...parent.childNodes];
    this.#onPick = onPick;
  }

  /** All there is, summed up. */
  get total(): { readonly files: number; readonly rows: number; readonly bytes: number } {
    const { fileCount, rows, bytes } = this.#root;
    return { files: fileCount, rows, bytes };
  }

  reset(): void {
    this.#root = newDirectory(0);
    this.#changed.clear();
    this.#picked = undefined;
    this.#parent.replaceChildren(...this.#empty);
  }

  add(files: readonly TableFile[]): void {
    if (files.length === 0) return;
    if (this.#root.list === undefined) {
      this.#root.list = element("ul");
      this.#parent.replaceChildren(this.#root.list);
    }
    for (const file of files) this.#addFile(file);
    if (this.#changed.size === 0) return;
    requestAnimationFrame(() => {
      for (const directory of this.#changed) {
        if (directory.size !== undefined) setText(directory.size, sizeText(directory));
      }
      this.#changed.clear();
    });
  }

  #addFile(file: TableFile): void {
    const segments = file.path.split("/");
    const name = segments.pop()!;
    let directory = this.#root;
    this.#count(directory, file);
    for (const segment of segments) {
      let next = directory.directories.get(segment);
      if (next === undefined) {
        next = newDirectory(directory.depth + 1);
        directory.directories.set(segment, next);
        this.#list(directory, segment);
      }
      directory = next;
      this.#count(directory, file);
    }
    directory.files.push(file);
    this.#list(directory, name);
  }

  #count(directory: Directory, { rows, bytes }: TableFile): void {
    directory.fileCount++;
    directory.rows += rows;
    directory.bytes += bytes;
    this.#changed.add(directory);
  }

  /** Puts an entry where it belongs, if its directory was opened. */
  #list(directory: Directory, name: string): void {
    const { list, listed, directories, files } = directory;
    if (list === undefined) return;
    const isDirectory = directories.has(name);
    if (!isDirectory && files.length > MAX_LISTED) {
      const rest = list.lastElementChild!;
      const text = `… and ${format.countOf(files.length - MAX_LISTED, "file")} more`;
      if (rest.className === "empty") setText(rest, text);
      else list.append(element("li", { class: "empty" }, [text]));
      return;
    }
    let at = 0;
    while (
      at < listed.length && (directories.has(listed[at]!) && !isDirectory ||
        directories.has(listed[at]!) === isDirectory && names.compare(listed[at]!, name) < 0)
    ) at++;
    listed.splice(at, 0, name);
    const entry = isDirectory
      ? this.#directoryEntry(name, directories.get(name)!)
      : this.#fileEntry(name, files.at(-1)!);
    list.insertBefore(entry, list.children[at] ?? null);
  }

  #directoryEntry(name: string, directory: Directory): HTMLLIElement {
    directory.size = element("span", { class: "size" }, [sizeText(directory)]);
    const details = element("details", {}, [
      element("summary", {}, [nameOf(name), directory.size]),
    ]);
    details.addEventListener("toggle", () => this.#open(directory, details));
    // The way to the first fork needs no clicks.
    details.open = directory.depth <= 3 && this.#root.directories.size === 1;
    return element("li", {}, [details]);
  }

  #open(directory: Directory, details: HTMLDetailsElement): void {
    if (!details.open || directory.list !== undefined) return;
    directory.list = element("ul");
    details.append(directory.list);
    const files = directory.files.splice(0);
    files.sort((a, b) => names.compare(a.path, b.path));
    for (const name of directory.directories.keys()) this.#list(directory, name);
    for (const file of files) {
      directory.files.push(file);
      this.#list(directory, file.path.slice(file.path.lastIndexOf("/") + 1));
    }
  }

  #fileEntry(name: string, file: TableFile): HTMLLIElement {
    const size = `${format.countOf(file.rows, "row")} · ${format.bytes(file.bytes)}`;
    const button = element("button", { type: "button", title: name, "data-path": file.path }, [
      element("span", { class: "name" }, [name]),
      element("span", { class: "size" }, [size]),
    ]);
    button.addEventListener("click", () => {
      this.#picked?.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      this.#picked = button;
      this.#onPick(file);
    });
    return element("li", {}, [button]);
  }
}

function newDirectory(depth: number): Directory {
  return {
    depth,
    directories: new Map(),
    files: [],
    fileCount: 0,
    rows: 0,
    bytes: 0,
    listed: [],
  };
}

function sizeText({ rows, bytes }: Directory): string {
  return `${format.countOf(rows, "row")} · ${format.bytes(bytes)}`;
}

/** A partition as people read it: `page_url_path = /home`. */
function nameOf(segment: string): HTMLElement {
  const parsed = parseHiveSegment(segment);
  if (parsed === undefined) return element("span", { class: "name" }, [segment]);
  const [column, value] = parsed;
  return element("span", { class: "name", title: segment }, [
    element("span", {}, [column]),
    "=",
    element("b", {}, [value ?? "(none)"]),
  ]);
}
