/** As far as it is used: miniflare brings it, without types. */
declare module "ws" {
  export class WebSocket {
    constructor(url: string);
    on(event: string, listener: (value: unknown) => void): this;
    send(text: string): void;
    close(): void;
  }
}
