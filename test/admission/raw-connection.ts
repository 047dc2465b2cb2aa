import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';

/** One TLS connection that speaks HTTP/1.1 by hand. */
export class RawConnection {
  readonly socket: TLSSocket;
  #received = '';
  #closed = false;

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.#received += text));
    socket.on('close', () => (this.#closed = true));
    // A reset is one of the answers that are tested for.
    socket.on('error', () => undefined);
  }

  static async open(port: number, ca: string): Promise<RawConnection> {
    const socket = connect({ host: '127.0.0.1', port, ca });
    await once(socket, 'secureConnect');
    return new RawConnection(socket);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get received(): string {
    return this.#received;
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** Sends a request with a body of JSON. */
  post(path: string, body: string): void {
    this.write(
      `POST ${path} HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }

  /** The next response, with its body; what was received is used up. */
  async response(): Promise<{ readonly head: string; readonly body: string }> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(this.#received.slice(0, Math.max(end, 0)))?.[1];
      if (end >= 0) {
        const total = end + 4 + Number(length ?? 0);
        if (this.#received.length >= total) {
          const answer = { head: this.#received.slice(0, end), body: this.#received.slice(end + 4, total) };
          this.#received = this.#received.slice(total);
          return answer;
        }
      }
      if (this.#closed) throw new Error(`closed after ${JSON.stringify(this.#received)}`);
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
  }

  async untilClosed(): Promise<void> {
    if (!this.#closed) await once(this.socket, 'close');
  }

  end(): void {
    this.socket.destroy();
  }
}
