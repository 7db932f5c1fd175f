/** What this page collects: the fields that the example Worker makes its table by, and some more. */
export interface ClickEvent {
  readonly event_id: string;
  /** ISO 8601; without it the Worker has no window for the event. */
  readonly event_timestamp?: string;
  readonly event_name: "page_view" | "click";
  readonly page_url_path: string;
  /** What was clicked. */
  readonly target?: string;
  /** One for each time that this page is opened. */
  readonly visit_id: string;
}

const VISIT = crypto.randomUUID();

/** An event of now. */
export function clickEvent(
  page: string,
  options: { readonly target?: string; readonly hasTime?: boolean } = {},
): ClickEvent {
  const { target, hasTime = true } = options;
  return {
    event_id: crypto.randomUUID(),
    ...(hasTime && { event_timestamp: new Date().toISOString() }),
    event_name: target === undefined ? "page_view" : "click",
    page_url_path: page,
    ...(target !== undefined && { target }),
    visit_id: VISIT,
  };
}
